import { createReadStream, createWriteStream } from 'node:fs';
import { once } from 'node:events';
import { createInterface } from 'node:readline';

const WORDS = (
  'the controller watches brokers while a follower fetches what its leader has appended and every epoch fences the one ' +
  'before so that records once acknowledged are read again in order by whoever comes after a log is a list of batches ' +
  'an offset is a promise and a quorum is a habit of agreeing slowly until the session ends and somebody else is elected'
).split(' ');

/** A file of `lineCount` numbered lines, the same every time: about 80 bytes a line. */
export async function writeText(file: string, lineCount: number): Promise<void> {
  const out = createWriteStream(file);
  let seed = 42;
  for (let i = 1; i <= lineCount; i++) {
    const words: string[] = [];
    for (let w = 0; w < 12; w++) {
      seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0;
      words.push(WORDS[seed % WORDS.length] ?? '');
    }
    if (!out.write(`${String(i).padStart(7, '0')} ${words.join(' ')}\n`)) await once(out, 'drain');
  }
  out.end();
  await once(out, 'finish');
}

export function linesOf(file: string): AsyncIterable<string> {
  return createInterface({ input: createReadStream(file), crlfDelay: Infinity });
}
