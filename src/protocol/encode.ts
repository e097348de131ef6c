import { type Int64, writeExactInt64, writeInt64 } from '../common/int64.js';
import { invariant } from '../common/invariant.js';
import { KafkaError } from '../common/errors.js';
import { uuidToBytes, type Uuid } from '../common/uuid.js';
import { elementOf, structOf } from './decode.js';
import { initialValue, type Step, type StructPlan } from './plan.js';
import type { Records } from './schema.js';

type Struct = Readonly<Record<string, unknown>>;

/**
 * Two passes: {@link sizeOfStruct} finds the size and refuses what cannot be written, {@link writeStruct} writes.
 * A field that is undefined stands for its default.
 * @throws KafkaError UNSUPPORTED_VERSION if a field that the version lacks, and that may not be dropped, has a value
 */
export function sizeOfStruct(plan: StructPlan, value: Struct): number {
  let size = 0;
  for (const step of plan.steps) {
    const field = value[step.name];
    if (step.isInline) size += sizeOfValue(step, field);
    else if (step.isAbsent && !step.ignorable && field !== undefined && !isDefault(step, field)) {
      throw new KafkaError('UNSUPPORTED_VERSION', `a value of ${step.name} cannot be written in this version`);
    }
  }
  return plan.flexible ? size + sizeOfTagged(plan.tagged, value) : size;
}

/** @returns the position after the struct */
export function writeStruct(plan: StructPlan, value: Struct, target: Buffer, start: number): number {
  let at = start;
  for (const step of plan.steps) {
    if (step.isInline) at = writeValue(step, value[step.name], target, at);
  }
  return plan.flexible ? writeTagged(plan.tagged, value, target, at) : at;
}

function sizeOfTagged(tagged: readonly Step[], value: Struct): number {
  let count = 0;
  let size = 0;
  for (const step of tagged) {
    const field = value[step.name];
    if (field === undefined || isDefault(step, field)) continue;
    count++;
    const own = sizeOfValue(step, field);
    size += sizeOfVaruint(step.tag) + sizeOfVaruint(own) + own;
  }
  return sizeOfVaruint(count) + size;
}

function writeTagged(tagged: readonly Step[], value: Struct, target: Buffer, start: number): number {
  let count = 0;
  for (const step of tagged) {
    const field = value[step.name];
    if (field !== undefined && !isDefault(step, field)) count++;
  }
  let at = writeVaruint(target, count, start);
  if (count === 0) return at;
  for (const step of tagged) {
    const field = value[step.name];
    if (field === undefined || isDefault(step, field)) continue;
    at = writeVaruint(target, step.tag, at);
    at = writeVaruint(target, sizeOfValue(step, field), at);
    at = writeValue(step, field, target, at);
  }
  return at;
}

function sizeOfValue(step: Step, given: unknown): number {
  if (step.fixedSize > 0) return step.fixedSize;
  const value = given === undefined ? initialValue(step) : given;
  if (value === null) return sizeOfNull(step);
  switch (step.kind) {
    case 'string': {
      const size = utf8Size(value as string);
      invariant(size <= 0x7fff, 'string too long for the wire', { field: step.name, size });
      return size + (step.compact ? sizeOfVaruint(size + 1) : 2);
    }
    case 'array':
      return sizeOfArray(step, value as unknown[]);
    case 'struct':
      return sizeOfStruct(structOf(step), value as Struct) + (step.nullable ? 1 : 0);
    default: {
      const size = sizeOfBytes(value as Records);
      return size + (step.compact ? sizeOfVaruint(size + 1) : 4);
    }
  }
}

function sizeOfArray(step: Step, values: readonly unknown[]): number {
  const element = elementOf(step);
  let size = step.compact ? sizeOfVaruint(values.length + 1) : 4;
  if (element.fixedSize > 0) return size + element.fixedSize * values.length;
  if (element.kind === 'struct') {
    const plan = structOf(element);
    for (const value of values) size += sizeOfStruct(plan, value as Struct);
  } else {
    for (const value of values) size += sizeOfValue(element, value);
  }
  return size;
}

/** @throws InvariantError if null may not stand there */
function sizeOfNull(step: Step): number {
  invariant(step.nullable, 'null for a field that cannot be null', { field: step.name });
  if (step.compact || step.kind === 'struct') return 1;
  return step.kind === 'string' ? 2 : 4;
}

function writeValue(step: Step, given: unknown, target: Buffer, at: number): number {
  const value = given === undefined ? initialValue(step) : given;
  if (value === null) return writeNull(step, target, at);
  switch (step.kind) {
    case 'int32':
      return target.writeInt32BE(value as number, at);
    case 'string':
      return writeString(step, value as string, target, at);
    case 'array':
      return writeArray(step, value as unknown[], target, at);
    case 'int64':
      writeInt64(target, value as number, at);
      return at + 8;
    case 'int16':
      return target.writeInt16BE(value as number, at);
    case 'struct':
      return writeStruct(structOf(step), value as Struct, target, step.nullable ? target.writeInt8(1, at) : at);
    case 'bytes':
    case 'records':
      return writeBytes(step, value as Records, target, at);
    case 'bool':
      return target.writeInt8(value === true ? 1 : 0, at);
    case 'int8':
      return target.writeInt8(value as number, at);
    case 'timestamp':
      writeExactInt64(target, value as Int64, at);
      return at + 8;
    case 'uuid':
      uuidToBytes(value as Uuid, target, at);
      return at + 16;
    case 'uint16':
      return target.writeUInt16BE(value as number, at);
    case 'uint32':
      return target.writeUInt32BE(value as number, at);
    case 'float64':
      return target.writeDoubleBE(value as number, at);
  }
}

function writeNull(step: Step, target: Buffer, at: number): number {
  if (step.kind === 'struct') return target.writeInt8(-1, at);
  if (step.compact) return target.writeInt8(0, at);
  return step.kind === 'string' ? target.writeInt16BE(-1, at) : target.writeInt32BE(-1, at);
}

function writeArray(step: Step, values: readonly unknown[], target: Buffer, start: number): number {
  const element = elementOf(step);
  let at = step.compact ? writeVaruint(target, values.length + 1, start) : target.writeInt32BE(values.length, start);
  if (element.kind === 'struct') {
    const plan = structOf(element);
    for (const value of values) at = writeStruct(plan, value as Struct, target, at);
  } else {
    for (const value of values) at = writeValue(element, value, target, at);
  }
  return at;
}

function writeString(step: Step, value: string, target: Buffer, start: number): number {
  const size = utf8Size(value);
  let at = step.compact ? writeVaruint(target, size + 1, start) : target.writeInt16BE(size, start);
  if (size !== value.length || size > SHORT) return at + target.write(value, at, 'utf8');
  for (let i = 0; i < size; i++) target[at++] = value.charCodeAt(i);
  return at;
}

function writeBytes(step: Step, value: Records, target: Buffer, start: number): number {
  const size = sizeOfBytes(value);
  const at = step.compact ? writeVaruint(target, size + 1, start) : target.writeInt32BE(size, start);
  if (Buffer.isBuffer(value)) value.copy(target, at);
  else value.copyTo(target, at);
  return at + size;
}

function sizeOfBytes(value: Records): number {
  return Buffer.isBuffer(value) ? value.length : value.sizeInBytes;
}

/** Up to this many characters a loop beats the call into native code. */
const SHORT = 48;

/** Bytes of `text` in UTF-8. */
function utf8Size(text: string): number {
  if (text.length > SHORT) return Buffer.byteLength(text, 'utf8');
  for (let i = 0; i < text.length; i++) {
    if (text.charCodeAt(i) >= 0x80) return Buffer.byteLength(text, 'utf8');
  }
  return text.length;
}

/** Bytes of an unsigned varint. */
export function sizeOfVaruint(value: number): number {
  if (value < 0x80) return 1;
  if (value < 0x4000) return 2;
  if (value < 0x200000) return 3;
  return value < 0x10000000 ? 4 : 5;
}

/** @returns the position after it */
export function writeVaruint(target: Buffer, value: number, start: number): number {
  let at = start;
  let rest = value;
  while (rest >= 0x80) {
    target[at++] = (rest & 0x7f) | 0x80;
    rest >>>= 7;
  }
  target[at++] = rest;
  return at;
}

/** Whether `value` is what a reader takes for granted when the field is not on the wire. */
function isDefault(step: Step, value: unknown): boolean {
  if (step.initial !== undefined && !Buffer.isBuffer(step.initial)) return value === step.initial;
  if (value === null) return false;
  if (step.kind === 'array') return (value as unknown[]).length === 0;
  if (step.kind === 'struct') {
    const fields = value as Struct;
    return structOf(step).steps.every((inner) => {
      const field = fields[inner.name];
      return field === undefined || isDefault(inner, field);
    });
  }
  return (value as Buffer).length === 0;
}
