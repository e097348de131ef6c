import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';

/** One frame, without its length, of a real 3.9.1 cluster or of the raw client that talked to it. */
export interface GoldenFrame {
  /** Where it was captured: a sweep over every version, clients, between brokers, a migration, error cases. */
  readonly source: string;
  readonly case: string;
  readonly kind: 'request' | 'response';
  readonly apiKey: number;
  readonly apiVersion: number;
  readonly hex: string;
  /** Fields under the schema's own names; null where nobody wrote them down. Fields at their default may be missing. */
  readonly decoded: Readonly<Record<string, unknown>> | null;
}

export function goldenFrames(): readonly GoldenFrame[] {
  const file = new URL('../golden/wire/frames.jsonl.gz', import.meta.url);
  return gunzipSync(readFileSync(file))
    .toString('utf8')
    .split('\n')
    .map((line) => JSON.parse(line) as GoldenFrame);
}
