import type { Int64 } from '../common/int64.js';
import type { Uuid } from '../common/uuid.js';

/**
 * The language in which wire messages are declared: data that the codec runs and from which TypeScript infers the types.
 * Source: the rules of Kafka's message schemas (KIP-482 for flexible versions and tagged fields), 3.9
 */

/** `'3'`, `'3-7'`, `'3+'` or `'none'`. */
export type Versions = string;

export type ScalarKind =
  | 'bool'
  | 'int8'
  | 'int16'
  | 'uint16'
  | 'int32'
  | 'uint32'
  | 'int64'
  | 'timestamp'
  | 'float64'
  | 'string'
  | 'bytes'
  | 'records'
  | 'uuid';
export type FieldKind = ScalarKind | 'array' | 'struct';

export interface Options {
  /** Versions in which null may stand. */
  readonly nullable?: Versions;
  readonly tag?: number;
  /** Versions in which the field is tagged, when they differ from the field's. */
  readonly tagged?: Versions;
  /** The value where the version lacks the field; the kind's zero if not given. */
  readonly default?: unknown;
  /** A value other than the default may be dropped silently when the version lacks the field; else it is refused. */
  readonly ignorable?: boolean;
  /** False: the old encoding even in flexible versions (the client id of a request header). */
  readonly flexible?: boolean;
}
type NoOptions = Readonly<Record<string, never>>;

export type Element = { readonly kind: ScalarKind } | { readonly kind: 'struct'; readonly fields: Fields };

export interface Field<out T, out O extends boolean = boolean> {
  /** For the compiler only. */
  readonly type: T;
  readonly optional: O;
  readonly kind: FieldKind;
  readonly versions: Versions;
  readonly options: Options;
  readonly element?: Element;
}
export type Fields = Readonly<Record<string, Field<unknown>>>;
export type TypeOf<F extends Fields> = { -readonly [K in keyof F]: F[K]['type'] };

type MaybeNull<T, O> = O extends { readonly nullable: Versions } ? T | null : T;
type Opt<O> = O extends { readonly default: unknown } ? true : false;

/**
 * Record bytes. Decoded: a view on the frame. To be encoded: a buffer, or bytes that are still elsewhere (a slice of a
 * segment) and are copied once, straight into the response, when it is encoded.
 */
export type Records = Buffer | RecordSource;
export interface RecordSource {
  readonly sizeInBytes: number;
  /** Writes exactly `sizeInBytes` bytes into `target` at `at`. */
  copyTo(target: Buffer, at: number): void;
}

function field<T, O extends boolean>(
  kind: FieldKind,
  versions: Versions,
  options?: Options,
  element?: Element,
): Field<T, O> {
  return { kind, versions, options: options ?? {}, ...(element === undefined ? {} : { element }) } as Field<T, O>;
}

const scalar =
  <T>(kind: ScalarKind) =>
  <const O extends Options = NoOptions>(versions: Versions, options?: O): Field<MaybeNull<T, O>, Opt<O>> =>
    field(kind, versions, options);

export const bool = scalar<boolean>('bool');
export const int8 = scalar<number>('int8');
export const int16 = scalar<number>('int16');
export const uint16 = scalar<number>('uint16');
export const int32 = scalar<number>('int32');
export const uint32 = scalar<number>('uint32');
/** Offsets, ids, epochs: a double; values beyond ±2^53 lose digits (see common/int64). */
export const int64 = scalar<number>('int64');
/** An int64 on the wire, exact: number when safe, else bigint. */
export const timestamp = scalar<Int64>('timestamp');
export const float64 = scalar<number>('float64');
export const string = scalar<string>('string');
export const bytes = scalar<Buffer>('bytes');
export const records = scalar<Records>('records');
export const uuid = scalar<Uuid>('uuid');

interface ScalarTypes {
  bool: boolean;
  int8: number;
  int16: number;
  uint16: number;
  int32: number;
  uint32: number;
  int64: number;
  timestamp: Int64;
  float64: number;
  string: string;
  bytes: Buffer;
  records: Records;
  uuid: Uuid;
}

/** An array of scalars. */
export function arrayOf<const K extends ScalarKind, const O extends Options = NoOptions>(
  versions: Versions,
  kind: K,
  options?: O,
): Field<MaybeNull<ScalarTypes[K][], O>, Opt<O>> {
  return field('array', versions, options, { kind });
}

/** An array of structs. */
export function array<const F extends Fields, const O extends Options = NoOptions>(
  versions: Versions,
  fields: F,
  options?: O,
): Field<MaybeNull<TypeOf<F>[], O>, Opt<O>> {
  return field('array', versions, options, { kind: 'struct', fields });
}

export function struct<const F extends Fields, const O extends Options = NoOptions>(
  versions: Versions,
  fields: F,
  options?: O,
): Field<MaybeNull<TypeOf<F>, O>, Opt<O>> {
  return field('struct', versions, options, { kind: 'struct', fields });
}

/** One request, response, header or record. */
export interface Message<F extends Fields = Fields> {
  readonly name: string;
  /** null for headers and records. */
  readonly apiKey: number | null;
  readonly versions: Versions;
  readonly flexible: Versions;
  readonly fields: F;
}

export function message<const F extends Fields>(declaration: Message<F>): Message<F> {
  return declaration;
}
