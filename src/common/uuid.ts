/**
 * A topic id, directory id or the like: 16 bytes as Kafka prints them, 22 characters of unpadded base64url.
 * Source: org.apache.kafka.common.Uuid.toString, 3.9
 */
export type Uuid = string;

/** All zero: "no id". */
export const ZERO_UUID: Uuid = 'AAAAAAAAAAAAAAAAAAAAAA';

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
const DIGIT = new Int8Array(128).fill(-1);
for (let i = 0; i < 64; i++) DIGIT[ALPHABET.charCodeAt(i)] = i;

/** The 16 bytes at `at` as text. Written out by hand: the browser's Buffer has no base64url. */
export function uuidFromBytes(bytes: Uint8Array, at = 0): Uuid {
  let text = '';
  for (let i = 0; i < 15; i += 3) {
    const n = ((bytes[at + i] ?? 0) << 16) | ((bytes[at + i + 1] ?? 0) << 8) | (bytes[at + i + 2] ?? 0);
    text +=
      ALPHABET.charAt(n >> 18) +
      ALPHABET.charAt((n >> 12) & 63) +
      ALPHABET.charAt((n >> 6) & 63) +
      ALPHABET.charAt(n & 63);
  }
  const last = bytes[at + 15] ?? 0;
  return text + ALPHABET.charAt(last >> 2) + ALPHABET.charAt((last & 3) << 4);
}

/** Writes the 16 bytes of `uuid` at `at`. @throws RangeError if it is not 22 characters of base64url */
export function uuidToBytes(uuid: Uuid, target: Uint8Array, at = 0): void {
  if (!isUuid(uuid)) throw new RangeError(`not a uuid: ${uuid}`);
  let bits = 0;
  let held = 0;
  let to = at;
  for (let i = 0; i < 22 && to < at + 16; i++) {
    bits = ((bits << 6) | (DIGIT[uuid.charCodeAt(i)] ?? 0)) & 0xffff;
    held += 6;
    if (held >= 8) {
      held -= 8;
      target[to++] = (bits >> held) & 0xff;
    }
  }
}

export function isUuid(text: string): boolean {
  return /^[A-Za-z0-9_-]{22}$/.test(text);
}
