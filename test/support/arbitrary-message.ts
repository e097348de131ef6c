import fc from 'fast-check';
import { uuidFromBytes } from '../../src/common/uuid.js';
import type { Field, Fields, Message, ScalarKind } from '../../src/protocol/schema.js';
import { includesVersion, parseVersions } from '../../src/protocol/versions.js';

const safeInteger = fc.maxSafeInteger();
const anyInt64 = fc
  .bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n })
  .map((n) => (Number.isSafeInteger(Number(n)) ? Number(n) : n));

const scalars: Record<ScalarKind, fc.Arbitrary<unknown>> = {
  bool: fc.boolean(),
  int8: fc.integer({ min: -128, max: 127 }),
  int16: fc.integer({ min: -32768, max: 32767 }),
  uint16: fc.integer({ min: 0, max: 65535 }),
  int32: fc.integer(),
  uint32: fc.integer({ min: 0, max: 4294967295 }),
  int64: safeInteger,
  timestamp: fc.oneof(safeInteger, anyInt64),
  float64: fc.double({ noNaN: true }),
  string: fc.oneof(fc.string({ maxLength: 12 }), fc.string({ unit: 'grapheme', maxLength: 200 })),
  bytes: fc.uint8Array({ maxLength: 200 }).map((bytes) => Buffer.from(bytes)),
  records: fc.uint8Array({ maxLength: 200 }).map((bytes) => Buffer.from(bytes)),
  uuid: fc.uint8Array({ minLength: 16, maxLength: 16 }).map((bytes) => uuidFromBytes(bytes)),
};

/** Values of `message` that its `version` can carry: fields it lacks hold what they are read back as. */
export function arbitraryMessage(message: Message, version: number): fc.Arbitrary<Record<string, unknown>> {
  return arbitraryStruct(message.fields, version, includesVersion(message.flexible, version));
}

function arbitraryStruct(fields: Fields, version: number, flexible: boolean): fc.Arbitrary<Record<string, unknown>> {
  const members = Object.entries(fields).map(
    ([name, field]) => [name, arbitraryField(field, version, flexible)] as const,
  );
  return fc.record(Object.fromEntries(members));
}

function arbitraryField(field: Field<unknown>, version: number, flexible: boolean): fc.Arbitrary<unknown> {
  if (!includesVersion(field.versions, version)) return fc.constant(null).map(() => absentValue(field, version));
  const value = arbitraryValue(field, version, flexible);
  return includesVersion(field.options.nullable, version) ? fc.option(value, { freq: 5 }) : value;
}

function arbitraryValue(field: Field<unknown>, version: number, flexible: boolean): fc.Arbitrary<unknown> {
  const { kind, element } = field;
  if (kind === 'struct' && element?.kind === 'struct') return arbitraryStruct(element.fields, version, flexible);
  if (kind === 'array' && element !== undefined) {
    const item = element.kind === 'struct' ? arbitraryStruct(element.fields, version, flexible) : scalars[element.kind];
    return fc.array(item, { maxLength: 3 });
  }
  return scalars[kind as ScalarKind];
}

const zeros: Partial<Record<ScalarKind, unknown>> = {
  bool: false,
  string: '',
  bytes: Buffer.alloc(0),
  records: null,
  uuid: uuidFromBytes(new Uint8Array(16)),
};

/** Written down once more, apart from the codec's own table, so that one checks the other. */
function absentValue(field: Field<unknown>, version: number): unknown {
  if (field.options.default !== undefined) return field.options.default;
  if (field.kind === 'array') return [];
  if (field.kind === 'struct') {
    const fields = field.element?.kind === 'struct' ? field.element.fields : {};
    return Object.fromEntries(
      Object.entries(fields).map(([name, inner]) => [name, absentValue(inner, version)] as const),
    );
  }
  return zeros[field.kind] === undefined && field.kind !== 'records' ? 0 : zeros[field.kind];
}

export function versionsOf(message: Message): number[] {
  const { min, max } = parseVersions(message.versions);
  return Array.from({ length: max - min + 1 }, (_, i) => min + i);
}
