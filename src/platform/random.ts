import type { Uuid } from '../common/uuid.js';

/** Chance. From the operating system in platform/node, from the seed in platform/sim. */
export interface Random {
  /** A whole number in [0, bound). */
  int(bound: number): number;
  /** In [0, 1). */
  float(): number;
  bytes(count: number): Buffer;
}

/** A random version-4 uuid as Kafka's Uuid.randomUuid makes them: never one that begins with a dash, nor a reserved one. */
export function randomUuid(random: Random, toText: (bytes: Uint8Array) => Uuid): Uuid {
  for (;;) {
    const bytes = random.bytes(16);
    bytes[6] = ((bytes[6] ?? 0) & 0x0f) | 0x40;
    bytes[8] = ((bytes[8] ?? 0) & 0x3f) | 0x80;
    const text = toText(bytes);
    if (!text.startsWith('-')) return text;
  }
}
