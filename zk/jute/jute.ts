/**
 * Jute, ZooKeeper's record encoding: big-endian, no tags, no alignment. A type is a pair of `read` and `write`; records
 * are declared as a list of fields (see messages.ts) and TypeScript infers the shape.
 * Source: org.apache.jute.BinaryInputArchive, BinaryOutputArchive, 3.8
 */
export interface JuteType<T> {
  /** @throws JuteError if the bytes end early or a length is impossible */
  read(from: JuteReader): T;
  write(to: JuteWriter, value: T): void;
}

/** What a declared type decodes to. */
export type Decoded<J> = J extends JuteType<infer T> ? T : never;

/** ZooKeeper's limit for one buffer, string or frame: `jute.maxbuffer`. */
export const JUTE_MAX_BUFFER = 0xfffff;

/** Damaged or hostile bytes: the connection that sent them is closed. */
export class JuteError extends Error {
  override readonly name = 'JuteError';
}

const TWO_32 = 4294967296;

/** Reads forward over bytes[position, end). Buffers it returns are slices: copy what must outlive the frame. */
export class JuteReader {
  bytes: Buffer;
  position: number;
  end: number;

  constructor(bytes: Buffer, start = 0, end = bytes.length) {
    this.bytes = bytes;
    this.position = start;
    this.end = end;
  }

  get remaining(): number {
    return this.end - this.position;
  }

  /** Moves past `count` bytes. Returns where they begin. */
  skip(count: number): number {
    const at = this.position;
    if (count > this.end - at) throw new JuteError(`${count} bytes wanted, ${this.end - at} left`);
    this.position = at + count;
    return at;
  }

  byte(): number {
    return this.bytes.readUInt8(this.skip(1));
  }

  int(): number {
    return this.bytes.readInt32BE(this.skip(4));
  }

  /** Beyond ±2^53 the nearest double. */
  long(): number {
    const at = this.skip(8);
    return this.bytes.readInt32BE(at) * TWO_32 + this.bytes.readUInt32BE(at + 4);
  }

  /** A length that the bytes left can hold; −1 is null. */
  length(): number {
    const length = this.int();
    if (length < -1 || length > this.end - this.position) throw new JuteError(`Unreasonable length = ${length}`);
    return length;
  }

  buffer(): Buffer | null {
    const length = this.length();
    if (length === -1) return null;
    const at = this.skip(length);
    return this.bytes.subarray(at, at + length);
  }

  ustring(): string | null {
    const length = this.length();
    if (length === -1) return null;
    const at = this.skip(length);
    return this.bytes.toString('utf8', at, at + length);
  }
}

/** Writes forward into a buffer that grows. */
export class JuteWriter {
  bytes: Buffer;
  position = 0;

  constructor(initialBytes = 256) {
    this.bytes = Buffer.allocUnsafe(initialBytes);
  }

  /** Makes room for `count` bytes and moves past them. Returns where they begin. */
  reserve(count: number): number {
    const at = this.position;
    const needed = at + count;
    if (needed > this.bytes.length) this.grow(needed);
    this.position = needed;
    return at;
  }

  byte(value: number): void {
    const at = this.reserve(1);
    this.bytes[at] = value;
  }

  int(value: number): void {
    const at = this.reserve(4);
    this.bytes.writeInt32BE(value, at);
  }

  long(value: number): void {
    const at = this.reserve(8);
    const high = Math.floor(value / TWO_32);
    this.bytes.writeInt32BE(high, at);
    this.bytes.writeUInt32BE(value - high * TWO_32, at + 4);
  }

  buffer(value: Uint8Array | null): void {
    if (value === null) {
      this.int(-1);
      return;
    }
    this.int(value.length);
    this.raw(value);
  }

  ustring(value: string | null): void {
    if (value === null) {
      this.int(-1);
      return;
    }
    const at = this.reserve(4 + value.length * 3);
    const length = this.bytes.write(value, at + 4, 'utf8');
    this.bytes.writeInt32BE(length, at);
    this.position = at + 4 + length;
  }

  /** Bytes as they are, without a length. */
  raw(value: Uint8Array): void {
    const at = this.reserve(value.length);
    this.bytes.set(value, at);
  }

  /** What was written; the writer must not be used while the slice is. */
  written(): Buffer {
    return this.bytes.subarray(0, this.position);
  }

  private grow(needed: number): void {
    const bigger = Buffer.allocUnsafe(Math.max(needed, this.bytes.length * 2));
    this.bytes.copy(bigger, 0, 0, this.position);
    this.bytes = bigger;
  }
}

export const int: JuteType<number> = {
  read: (from) => from.int(),
  write: (to, value) => to.int(value),
};

/** zxids, times and the like, which are safe integers. */
export const long: JuteType<number> = {
  read: (from) => from.long(),
  write: (to, value) => to.long(value),
};

/** Eight bytes as 16 hex digits: session ids use all 64 bits. */
export const hexLong: JuteType<string> = {
  read(from) {
    const at = from.skip(8);
    return from.bytes.toString('hex', at, at + 8);
  },
  write(to, value) {
    const at = to.reserve(8);
    to.bytes.write(value, at, 8, 'hex');
  },
};

export const boolean: JuteType<boolean> = {
  read: (from) => from.byte() !== 0,
  write: (to, value) => to.byte(value ? 1 : 0),
};

export const buffer: JuteType<Buffer | null> = {
  read: (from) => from.buffer(),
  write: (to, value) => to.buffer(value),
};

/** A string that may not be null: Apache's server would fail on null with a NullPointerException. */
export const ustring: JuteType<string> = {
  read(from) {
    const text = from.ustring();
    if (text === null) throw new JuteError('null where a string must stand');
    return text;
  },
  write: (to, value) => to.ustring(value),
};

export const nullableString: JuteType<string | null> = {
  read: (from) => from.ustring(),
  write: (to, value) => to.ustring(value),
};

/** A list; null (count −1) decodes to the empty list. An element takes at least one byte, which bounds the count. */
export function vector<T>(element: JuteType<T>): JuteType<readonly T[]> {
  return {
    read(from) {
      const count = from.length();
      const list: T[] = [];
      for (let i = 0; i < count; i++) list.push(element.read(from));
      return list;
    },
    write(to, value) {
      to.int(value.length);
      for (const item of value) element.write(to, item);
    },
  };
}

type Fields = Record<string, JuteType<never> | JuteType<unknown>>;
type RecordOf<F> = { readonly [K in keyof F]: Decoded<F[K]> };

/** A record: its fields in the order of the declaration, which is also the order of the decoded object's properties. */
export function record<const F extends Fields>(fields: F): JuteType<RecordOf<F>> {
  const names = Object.keys(fields);
  const types = Object.values(fields) as JuteType<unknown>[];
  return {
    read(from) {
      const decoded: Record<string, unknown> = {};
      for (let i = 0; i < names.length; i++) decoded[names[i] as string] = (types[i] as JuteType<unknown>).read(from);
      return decoded as RecordOf<F>;
    },
    write(to, value) {
      for (let i = 0; i < names.length; i++) {
        (types[i] as JuteType<unknown>).write(to, (value as Record<string, unknown>)[names[i] as string]);
      }
    },
  };
}

/** The bytes of one value. */
export function encode<T>(type: JuteType<T>, value: T): Buffer {
  const writer = new JuteWriter();
  type.write(writer, value);
  return writer.written();
}

/** @throws JuteError if the bytes end early; bytes left over are ignored, as Apache does */
export function decode<T>(type: JuteType<T>, bytes: Buffer): T {
  return type.read(new JuteReader(bytes));
}
