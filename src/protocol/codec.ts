import { KafkaError } from '../common/errors.js';
import { readStruct } from './decode.js';
import { sizeOfStruct, writeStruct } from './encode.js';
import { initialStruct, planOf, type StructPlan } from './plan.js';
import { Reader } from './reader.js';
import type { Fields, Message, TypeOf } from './schema.js';
import { parseVersions } from './versions.js';

/** One message in one version, between bytes and objects. Hold on to it where messages are frequent. */
export class Codec<T> {
  private readonly plan: StructPlan;

  constructor(plan: StructPlan) {
    this.plan = plan;
  }

  /**
   * The message in [at, end); bytes behind it are not looked at. `bytes` and `records` fields are views.
   * @throws DecodeError
   */
  decode(bytes: Buffer, at = 0, end = bytes.length): T {
    return this.read(new Reader(bytes, at, end));
  }

  /** As {@link decode}; the reader then stands behind the message. @throws DecodeError */
  read(from: Reader): T {
    return readStruct(from, this.plan) as T;
  }

  /**
   * Bytes that {@link encode} will write. A field that is undefined counts as its default.
   * @throws KafkaError UNSUPPORTED_VERSION if a field that the version lacks, and that may not be dropped, has a value
   */
  sizeOf(value: T): number {
    return sizeOfStruct(this.plan, value as Record<string, unknown>);
  }

  /**
   * Writes a value whose size was asked for: `sizeOf` is what refuses values, and `target` has that much room at `at`.
   * @returns the position behind the message
   */
  encode(value: T, target: Buffer, at: number): number {
    return writeStruct(this.plan, value as Record<string, unknown>, target, at);
  }

  /** The message in a buffer of its own. @throws KafkaError as {@link sizeOf} */
  toBuffer(value: T): Buffer {
    const target = Buffer.allocUnsafe(this.sizeOf(value));
    this.encode(value, target, 0);
    return target;
  }

  /** A message of defaults only. */
  initial(): T {
    return initialStruct(this.plan) as T;
  }
}

const codecs = new WeakMap<Message, Codec<unknown>[]>();

/**
 * The codec of `message` in `version`, made at its first use.
 * @throws KafkaError UNSUPPORTED_VERSION if the message has no such version
 */
export function codecOf<F extends Fields>(message: Message<F>, version: number): Codec<TypeOf<F>> {
  let byVersion = codecs.get(message);
  if (byVersion === undefined) codecs.set(message, (byVersion = []));
  const known = byVersion[version];
  if (known !== undefined) return known as Codec<TypeOf<F>>;
  const { min, max } = parseVersions(message.versions);
  if (!Number.isInteger(version) || version < min || version > max) {
    throw new KafkaError('UNSUPPORTED_VERSION', `${message.name} has no version ${version}`);
  }
  const made = new Codec<TypeOf<F>>(planOf(message, version));
  byVersion[version] = made;
  return made;
}
