import type { Disk } from '../platform/disk.js';

const VERSION = '0';

/**
 * The text of a checkpoint: version, count, then one line an entry.
 * Source: org.apache.kafka.server.common.CheckpointFile, 3.9
 */
export function renderCheckpoint(lines: readonly string[]): string {
  return [VERSION, lines.length, ...lines].join('\n') + '\n';
}

/** The entries' lines; an empty file has none. @throws Error if the version is unknown or the count does not fit */
export function parseCheckpoint(text: string, name: string): string[] {
  if (text === '') return [];
  if (!text.endsWith('\n')) throw new Error(`Checkpoint file (${name}) ends within a line`); // torn: digits may be missing
  const [version, count, ...rest] = text.split('\n');
  if (version?.trim() !== VERSION) {
    throw new Error(`Unrecognized version of the checkpoint file (${name}): ${version ?? ''}`);
  }
  const lines = rest.filter((line) => line.trim() !== '');
  if (lines.length !== Number(count)) {
    throw new Error(`Expected ${count ?? '?'} entries in checkpoint file (${name}), but found only ${lines.length}`);
  }
  return lines;
}

/** undefined if there is no such file. */
export function readTextFile(disk: Disk, path: string): string | undefined {
  return disk.stat(path) === undefined ? undefined : disk.readFile(path).toString();
}

/** Replaces a small file at once, whole or not at all for whoever reads it; it is durable once {@link flushPath} ran. */
export function writeTextFile(disk: Disk, path: string, text: string): void {
  const temporary = `${path}.tmp`;
  disk.remove(temporary);
  const file = disk.open(temporary, 'write');
  try {
    file.append(Buffer.from(text));
  } finally {
    file.close();
  }
  disk.rename(temporary, path);
}

/** Makes the contents of a closed file durable; one that is gone is fine. */
export async function flushPath(disk: Disk, path: string): Promise<void> {
  if (disk.stat(path) === undefined) return;
  const file = disk.open(path, 'write');
  try {
    await file.flush();
  } finally {
    file.close();
  }
}
