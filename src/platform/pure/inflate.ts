import type { GrowingOutput } from './growing-output.js';

/** A canonical Huffman code: how many codes of each length, and the symbols in order of their codes. */
interface Code {
  readonly counts: Uint16Array;
  readonly symbols: Uint16Array;
}

const LONGEST_CODE = 15;
const LENGTH_BASE = [
  3, 4, 5, 6, 7, 8, 9, 10, 11, 13, 15, 17, 19, 23, 27, 31, 35, 43, 51, 59, 67, 83, 99, 115, 131, 163, 195, 227, 258,
];
const LENGTH_EXTRA = [0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3, 4, 4, 4, 4, 5, 5, 5, 5, 0];
const DISTANCE_BASE = [
  1, 2, 3, 4, 5, 7, 9, 13, 17, 25, 33, 49, 65, 97, 129, 193, 257, 385, 513, 769, 1025, 1537, 2049, 3073, 4097, 6145,
  8193, 12289, 16385, 24577,
];
const CODE_LENGTH_ORDER = [16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15];

const FIXED_LITERALS = codeOf([
  ...new Array<number>(144).fill(8),
  ...new Array<number>(112).fill(9),
  ...new Array<number>(24).fill(7),
  ...new Array<number>(8).fill(8),
]);
const FIXED_DISTANCES = codeOf(new Array<number>(30).fill(5));

/**
 * Decompresses one DEFLATE stream that begins at `start`; returns where it ends.
 * @throws Error if it is damaged
 * Source: RFC 1951
 */
export function inflate(bytes: Buffer, start: number, output: GrowingOutput): number {
  const input = new BitReader(bytes, start);
  for (;;) {
    const isLast = input.bits(1) === 1;
    const kind = input.bits(2);
    if (kind === 0) readStored(input, output);
    else if (kind === 1) readCompressed(input, FIXED_LITERALS, FIXED_DISTANCES, output);
    else if (kind === 2) readCompressed(input, ...readCodes(input), output);
    else throw new Error('gzip: damaged block');
    if (isLast) return input.end();
  }
}

class BitReader {
  readonly bytes: Buffer;
  at: number;
  private held = 0;
  private heldBits = 0;

  constructor(bytes: Buffer, at: number) {
    this.bytes = bytes;
    this.at = at;
  }

  /** The next `count` (at most 16) bits, the first one lowest. */
  bits(count: number): number {
    while (this.heldBits < count) {
      const byte = this.bytes[this.at++];
      if (byte === undefined) throw new Error('gzip: damaged, it ends too early');
      this.held |= byte << this.heldBits;
      this.heldBits += 8;
    }
    const value = this.held & ((1 << count) - 1);
    this.held >>>= count;
    this.heldBits -= count;
    return value;
  }

  /** Leaves out the rest of the byte; returns where the next one is. Never more than 7 bits are held between calls. */
  end(): number {
    this.held = 0;
    this.heldBits = 0;
    return this.at;
  }
}

function readStored(input: BitReader, output: GrowingOutput): void {
  const at = input.end();
  if (at + 4 > input.bytes.length) throw new Error('gzip: damaged, it ends too early');
  const length = input.bytes.readUInt16LE(at);
  if ((length ^ 0xffff) !== input.bytes.readUInt16LE(at + 2)) throw new Error('gzip: damaged block');
  output.add(input.bytes, at + 4, at + 4 + length);
  input.at = at + 4 + length;
}

function readCompressed(input: BitReader, literals: Code, distances: Code, output: GrowingOutput): void {
  for (;;) {
    const symbol = readSymbol(input, literals);
    if (symbol === 256) return;
    if (symbol < 256) {
      output.addByte(symbol);
      continue;
    }
    const base = LENGTH_BASE[symbol - 257];
    if (base === undefined) throw new Error('gzip: damaged block');
    const length = base + input.bits(LENGTH_EXTRA[symbol - 257] as number);
    const distanceSymbol = readSymbol(input, distances);
    const distanceBase = DISTANCE_BASE[distanceSymbol];
    if (distanceBase === undefined) throw new Error('gzip: damaged block');
    output.repeat(distanceBase + input.bits(Math.max(0, (distanceSymbol >> 1) - 1)), length);
  }
}

/** The codes that a dynamic block brings along: their lengths, themselves coded. */
function readCodes(input: BitReader): [literals: Code, distances: Code] {
  const literalCount = input.bits(5) + 257;
  const distanceCount = input.bits(5) + 1;
  const orderCount = input.bits(4) + 4;
  const ofLengths = new Array<number>(19).fill(0);
  for (const place of CODE_LENGTH_ORDER.slice(0, orderCount)) ofLengths[place] = input.bits(3);
  const lengthCode = codeOf(ofLengths);
  const lengths: number[] = [];
  while (lengths.length < literalCount + distanceCount) {
    const symbol = readSymbol(input, lengthCode);
    if (symbol < 16) lengths.push(symbol);
    else if (symbol === 16) pushTimes(lengths, lengths.at(-1) ?? 0, 3 + input.bits(2));
    else pushTimes(lengths, 0, symbol === 17 ? 3 + input.bits(3) : 11 + input.bits(7));
  }
  if (lengths.length > literalCount + distanceCount) throw new Error('gzip: damaged block');
  return [codeOf(lengths.slice(0, literalCount)), codeOf(lengths.slice(literalCount))];
}

function pushTimes(lengths: number[], value: number, times: number): void {
  for (let n = 0; n < times; n++) lengths.push(value);
}

function codeOf(lengths: readonly number[]): Code {
  const counts = new Uint16Array(LONGEST_CODE + 1);
  for (const length of lengths) counts[length] = (counts[length] as number) + 1;
  counts[0] = 0;
  const places = new Uint16Array(LONGEST_CODE + 2);
  for (let length = 1; length <= LONGEST_CODE; length++) {
    places[length + 1] = (places[length] as number) + (counts[length] as number);
  }
  const symbols = new Uint16Array(lengths.length);
  lengths.forEach((length, symbol) => {
    if (length === 0) return;
    const place = places[length] as number;
    symbols[place] = symbol;
    places[length] = place + 1;
  });
  return { counts, symbols };
}

/** Codes of one length are consecutive numbers: bit by bit until the number is below the end of its length's range. */
function readSymbol(input: BitReader, code: Code): number {
  let value = 0;
  let first = 0;
  let place = 0;
  for (let length = 1; length <= LONGEST_CODE; length++) {
    value |= input.bits(1);
    const count = code.counts[length] as number;
    if (value - first < count) return code.symbols[place + value - first] as number;
    place += count;
    first = (first + count) << 1;
    value <<= 1;
  }
  throw new Error('gzip: damaged block');
}
