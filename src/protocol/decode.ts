import { initialValue, minSizeOf, type Step, type StructPlan } from './plan.js';
import { DecodeError, type Reader } from './reader.js';

/** Reads one struct: every field in declaration order, with its default where the version lacks it. */
export function readStruct(from: Reader, plan: StructPlan): Record<string, unknown> {
  const value: Record<string, unknown> = {};
  for (const step of plan.steps) {
    value[step.name] = step.isInline ? readValue(from, step) : initialValue(step);
  }
  if (plan.flexible) readTagged(from, plan.tagged, value);
  return value;
}

/** Unknown tags are skipped and forgotten: nobody we re-encode for has a use for them. */
function readTagged(from: Reader, tagged: readonly Step[], value: Record<string, unknown>): void {
  const count = from.varuint();
  for (let i = 0; i < count; i++) {
    const tag = from.varuint();
    const size = from.varuint();
    const step = tagged.find((known) => known.tag === tag);
    if (step === undefined) {
      from.skip(size);
      continue;
    }
    const end = from.at + size;
    value[step.name] = readValue(from, step);
    if (from.at !== end) throw new DecodeError(`tagged field ${step.name} is not ${size} bytes`);
  }
}

function readValue(from: Reader, step: Step): unknown {
  switch (step.kind) {
    case 'int32':
      return from.int32();
    case 'string': {
      const size = step.compact ? from.varuint() - 1 : from.int16();
      return size < 0 ? nullFor(step) : from.text(size);
    }
    case 'array':
      return readArray(from, step);
    case 'int64':
      return from.int64();
    case 'int16':
      return from.int16();
    case 'struct':
      if (step.nullable && from.int8() < 0) return null;
      return readStruct(from, structOf(step));
    case 'bytes':
    case 'records': {
      const size = step.compact ? from.varuint() - 1 : from.int32();
      return size < 0 ? nullFor(step) : from.view(size);
    }
    case 'bool':
      return from.bool();
    case 'int8':
      return from.int8();
    case 'timestamp':
      return from.timestamp();
    case 'uuid':
      return from.uuid();
    case 'uint16':
      return from.uint16();
    case 'uint32':
      return from.uint32();
    case 'float64':
      return from.float64();
  }
}

function readArray(from: Reader, step: Step): unknown[] | null {
  const count = step.compact ? from.varuint() - 1 : from.int32();
  if (count < 0) return nullFor(step);
  const element = elementOf(step);
  from.admit(count, minSizeOf(element), element.kind === 'struct');
  const values: unknown[] = [];
  if (element.kind === 'struct') {
    const plan = structOf(element);
    for (let i = 0; i < count; i++) values.push(readStruct(from, plan));
  } else {
    for (let i = 0; i < count; i++) values.push(readValue(from, element));
  }
  return values;
}

function nullFor(step: Step): null {
  if (!step.nullable) throw new DecodeError(`${step.name} is null`);
  return null;
}

export function elementOf(step: Step): Step {
  return step.element as Step; // every array's plan has one
}

export function structOf(step: Step): StructPlan {
  return step.struct as StructPlan; // every struct's plan has one
}
