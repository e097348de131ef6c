import { ZERO_UUID } from '../common/uuid.js';
import type { Element, Field, FieldKind, Fields, Message, ScalarKind } from './schema.js';
import { includesVersion } from './versions.js';

/**
 * What the codec runs: the declaration of one struct resolved for one version, so that nothing about versions is
 * decided while bytes are read or written.
 */
export interface StructPlan {
  /** Every field in declaration order, those that the version lacks included: decoded objects always have one shape. */
  readonly steps: readonly Step[];
  /** The fields that are tagged in this version, by ascending tag. */
  readonly tagged: readonly Step[];
  /** Whether tagged fields, known or not, end the struct. */
  readonly flexible: boolean;
  /** Bytes of the smallest encoding: bounds the element count of an array by the bytes that are left. */
  readonly minSize: number;
}

/** One field, or the element of an array, in one version. */
export interface Step {
  readonly name: string;
  readonly kind: FieldKind;
  /** Where the value stands: in its place, … */
  readonly isInline: boolean;
  /** … among the tagged fields, … */
  readonly isTagged: boolean;
  /** … or nowhere in this version. */
  readonly isAbsent: boolean;
  /** Lengths are unsigned varints of length + 1 instead of an int16 or int32. */
  readonly compact: boolean;
  readonly nullable: boolean;
  readonly ignorable: boolean;
  /** −1 where never tagged. */
  readonly tag: number;
  /** Bytes of a kind whose encoding has one size; 0 for the others. */
  readonly fixedSize: number;
  /** The default of a scalar; of an array or struct null, or undefined for an empty one that is made for each value. */
  readonly initial: unknown;
  /** Of an array. */
  readonly element: Step | undefined;
  /** Of a struct. */
  readonly struct: StructPlan | undefined;
}

export function planOf(message: Message, version: number): StructPlan {
  return planStruct(message.fields, version, includesVersion(message.flexible, version));
}

function planStruct(fields: Fields, version: number, flexible: boolean): StructPlan {
  const steps = Object.entries(fields).map(([name, field]) => planField(name, field, version, flexible));
  const inline = steps.filter((step) => step.isInline);
  return {
    steps,
    tagged: steps.filter((step) => step.isTagged).sort((a, b) => a.tag - b.tag),
    flexible,
    minSize: inline.reduce((size, step) => size + minSizeOf(step), flexible ? 1 : 0),
  };
}

function planField(name: string, field: Field<unknown>, version: number, flexible: boolean): Step {
  const { kind, options, element } = field;
  const compact = flexible && options.flexible !== false;
  const presence = presenceOf(field, version, flexible);
  return {
    name,
    kind,
    isInline: presence === 'inline',
    isAbsent: presence === 'absent',
    isTagged: presence === 'tagged',
    compact,
    nullable: includesVersion(options.nullable, version),
    ignorable: options.ignorable === true,
    tag: options.tag ?? -1,
    fixedSize: FIXED_SIZES[kind],
    initial: options.default === undefined ? zeroOf(kind) : options.default,
    element: kind === 'array' && element !== undefined ? planElement(element, version, compact) : undefined,
    struct: kind === 'struct' && element?.kind === 'struct' ? planStruct(element.fields, version, compact) : undefined,
  };
}

function presenceOf(field: Field<unknown>, version: number, flexible: boolean): 'inline' | 'tagged' | 'absent' {
  if (!includesVersion(field.versions, version)) return 'absent';
  if (field.options.tag === undefined) return 'inline';
  return flexible && includesVersion(field.options.tagged ?? field.versions, version) ? 'tagged' : 'inline';
}

function planElement(element: Element, version: number, compact: boolean): Step {
  return {
    name: '[]',
    kind: element.kind,
    isInline: true,
    isAbsent: false,
    isTagged: false,
    compact,
    nullable: false,
    ignorable: false,
    tag: -1,
    fixedSize: FIXED_SIZES[element.kind],
    initial: element.kind === 'struct' ? undefined : zeroOf(element.kind),
    element: undefined,
    struct: element.kind === 'struct' ? planStruct(element.fields, version, compact) : undefined,
  };
}

const EMPTY = Buffer.alloc(0);

/** Source: the generated message classes of org.apache.kafka.common.message, 3.9 (records default to null). */
const ZEROS: Readonly<Record<ScalarKind, unknown>> = {
  bool: false,
  int8: 0,
  int16: 0,
  uint16: 0,
  int32: 0,
  uint32: 0,
  int64: 0,
  timestamp: 0,
  float64: 0,
  string: '',
  bytes: EMPTY,
  records: null,
  uuid: ZERO_UUID,
};

function zeroOf(kind: FieldKind): unknown {
  return kind === 'array' || kind === 'struct' ? undefined : ZEROS[kind];
}

const FIXED_SIZES: Readonly<Record<FieldKind, number>> = {
  bool: 1,
  int8: 1,
  int16: 2,
  uint16: 2,
  int32: 4,
  uint32: 4,
  int64: 8,
  timestamp: 8,
  float64: 8,
  string: 0,
  bytes: 0,
  records: 0,
  uuid: 16,
  array: 0,
  struct: 0,
};

/** Bytes of the smallest encoding of one value. */
export function minSizeOf(step: Step): number {
  if (step.kind === 'struct') return step.nullable ? 1 : (step.struct?.minSize ?? 0);
  if (step.fixedSize > 0) return step.fixedSize;
  if (step.compact) return 1;
  return step.kind === 'string' ? 2 : 4;
}

/** A new value that holds every default: what a field that the version lacks reads as. */
export function initialValue(step: Step): unknown {
  if (step.initial !== undefined) return step.initial;
  if (step.kind === 'array') return [];
  return step.struct === undefined ? undefined : initialStruct(step.struct);
}

export function initialStruct(plan: StructPlan): Record<string, unknown> {
  const value: Record<string, unknown> = {};
  for (const step of plan.steps) value[step.name] = initialValue(step);
  return value;
}
