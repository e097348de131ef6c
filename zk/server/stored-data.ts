import type { JuteType } from '../jute/jute.js';

/**
 * A node's data as transactions and the tree hold it: one character a byte (Latin-1). A Buffer costs 200 bytes and an
 * allocation outside the heap besides its contents, a string 12; trees are many small nodes that live long.
 */
export type StoredData = string | null;

/** On the wire and on the disk it is a buffer. */
export const storedData: JuteType<StoredData> = {
  read(from) {
    const length = from.length();
    if (length === -1) return null;
    const at = from.skip(length);
    return from.bytes.toString('latin1', at, at + length);
  },
  write(to, value) {
    if (value === null) {
      to.int(-1);
      return;
    }
    to.int(value.length);
    const at = to.reserve(value.length);
    to.bytes.write(value, at, 'latin1');
  },
};

/** Copies: what came in a connection's read buffer is gone with the next read. */
export function stored(data: Buffer | null): StoredData {
  return data === null ? null : data.toString('latin1');
}

export function bytesOf(data: StoredData): Buffer | null {
  return data === null ? null : Buffer.from(data, 'latin1');
}
