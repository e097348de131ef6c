import { parseArgs } from 'node:util';
import { Subject, subjects } from './subject.js';

/** What one measurement found: numbers by name. */
export type Figures = Readonly<Record<string, number>>;

export interface BenchArguments {
  readonly against: string | undefined;
  readonly rounds: number;
  /** Only measurements whose name holds this. */
  readonly only: string;
}

/** `--against kafka`, `--rounds N`, `--only NAME`. */
export function benchArguments(): BenchArguments {
  const { values } = parseArgs({
    options: {
      against: { type: 'string' },
      rounds: { type: 'string', default: '3' },
      only: { type: 'string', default: '' },
    },
  });
  if (values.against !== undefined && values.against !== 'kafka') throw new Error('--against kafka is all there is');
  return { against: values.against, rounds: Number(values.rounds), only: values.only };
}

export interface Measurement {
  readonly name: string;
  /** Once for each cluster, before the rounds: what must stand, and what warms up. */
  readonly prepare?: (subject: Subject) => Promise<void>;
  readonly measure: (subject: Subject, round: number) => Promise<Figures>;
}

/**
 * Starts the clusters side by side and measures them in turns, since what else goes on at a machine changes by the minute.
 * One JSON line a measurement, and one with the medians and, where there are two, the ratios ours : theirs.
 */
export async function inTurns(bench: string, brokers: number, measurements: readonly Measurement[]): Promise<void> {
  const { against, rounds, only } = benchArguments();
  const chosen = measurements.filter(({ name }) => name.includes(only));
  if (chosen.length === 0) return;
  const clusters = await Promise.all((await subjects(against)).map((programs) => Subject.start(programs, brokers)));
  try {
    for (const { name, prepare, measure } of chosen) {
      for (const subject of clusters) await prepare?.(subject);
      const found = new Map<string, Figures[]>(clusters.map((subject) => [subject.name, []]));
      for (let round = 0; round < rounds; round++) {
        for (const subject of clusters) {
          const figures = await measure(subject, round);
          found.get(subject.name)?.push(figures);
          print({ bench, name, of: subject.name, ...figures });
        }
      }
      printMedians(bench, name, found);
    }
  } catch (error) {
    for (const subject of clusters) process.stderr.write(`${subject.name}\n${subject.logs()}\n`);
    throw error;
  } finally {
    await Promise.all(clusters.map((subject) => subject.stop()));
  }
}

export function printMedians(bench: string, name: string, found: ReadonlyMap<string, readonly Figures[]>): void {
  const medians = new Map([...found].map(([of, figures]) => [of, mediansOf(figures)] as const));
  const ours = medians.get('zkafka') ?? {};
  const theirs = medians.get('kafka');
  if (theirs === undefined) {
    print({ bench, name, median: ours });
    return;
  }
  const ratio = Object.fromEntries(
    Object.entries(ours).map(([figure, value]) => [figure, rounded(value / (theirs[figure] ?? NaN))]),
  );
  print({ bench, name, median: ours, kafka: theirs, ratio });
}

export function print(line: object): void {
  process.stdout.write(`${JSON.stringify(line)}\n`);
}

/** Three digits that count. */
export function rounded(value: number): number {
  return Number(value.toPrecision(3));
}

function mediansOf(figures: readonly Figures[]): Figures {
  const names = Object.keys(figures[0] ?? {});
  return Object.fromEntries(names.map((name) => [name, median(figures.map((each) => each[name] ?? NaN))]));
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  const upper = sorted[middle] ?? NaN;
  return sorted.length % 2 === 1 ? upper : rounded((upper + (sorted[middle - 1] ?? NaN)) / 2);
}
