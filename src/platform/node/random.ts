import { randomBytes, randomInt } from 'node:crypto';
import type { Random } from '../random.js';

/** Chance from the operating system. */
export function nodeRandom(): Random {
  return {
    int: (bound) => randomInt(bound),
    float: () => randomInt(2 ** 48 - 1) / (2 ** 48 - 1),
    bytes: (count) => randomBytes(count),
  };
}
