/** SHA-1 (FIPS 180-4), for the digest scheme of ACLs: in a page and in the simulator there is no node:crypto. */
export function sha1(message: Uint8Array): Buffer {
  const bytes = Buffer.alloc(((message.length + 8) >> 6) * 64 + 64);
  bytes.set(message);
  bytes[message.length] = 0x80;
  bytes.writeUInt32BE(Math.floor(message.length / 0x20000000), bytes.length - 8);
  bytes.writeUInt32BE((message.length << 3) >>> 0, bytes.length - 4);
  const hash = [0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476, 0xc3d2e1f0];
  for (let at = 0; at < bytes.length; at += 64) mix(hash, bytes, at);
  const digest = Buffer.alloc(20);
  hash.forEach((word, i) => digest.writeInt32BE(word | 0, i * 4));
  return digest;
}

function mix(hash: number[], bytes: Buffer, at: number): void {
  const words = new Int32Array(80);
  for (let i = 0; i < 16; i++) words[i] = bytes.readInt32BE(at + i * 4);
  for (let i = 16; i < 80; i++) {
    words[i] = rotate((words[i - 3] ?? 0) ^ (words[i - 8] ?? 0) ^ (words[i - 14] ?? 0) ^ (words[i - 16] ?? 0), 1);
  }
  let [a = 0, b = 0, c = 0, d = 0, e = 0] = hash;
  for (let i = 0; i < 80; i++) {
    const [f, k] =
      i < 20
        ? [(b & c) | (~b & d), 0x5a827999]
        : i < 40
          ? [b ^ c ^ d, 0x6ed9eba1]
          : i < 60
            ? [(b & c) | (b & d) | (c & d), 0x8f1bbcdc]
            : [b ^ c ^ d, 0xca62c1d6];
    const next = (rotate(a, 5) + f + e + k + (words[i] ?? 0)) | 0;
    e = d;
    d = c;
    c = rotate(b, 30);
    b = a;
    a = next;
  }
  [a, b, c, d, e].forEach((word, i) => (hash[i] = ((hash[i] ?? 0) + word) | 0));
}

function rotate(word: number, by: number): number {
  return (word << by) | (word >>> (32 - by));
}
