import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';

const PROGRAM = join(import.meta.dirname, '../../dist/zkafka.mjs');

/** `zkafka cluster …` as a person starts it, with all it prints. */
export class Launcher {
  readonly process: ChildProcess;
  output = '';
  private readonly exited: Promise<unknown>;
  private changed: (() => void) | undefined;

  constructor(dir: string, ...args: readonly string[]) {
    if (!existsSync(PROGRAM)) throw new Error('build first: node src/run.mjs build');
    this.process = spawn(process.execPath, [PROGRAM, 'cluster', '--dir', dir, ...args]);
    for (const stream of [this.process.stdout, this.process.stderr]) {
      stream?.on('data', (bytes: Buffer) => {
        this.output += bytes.toString();
        this.changed?.();
      });
    }
    this.exited = once(this.process, 'close').then(() => this.changed?.());
  }

  /** Its exit code, or the signal that ended it. */
  async end(): Promise<number | string | null> {
    await this.exited;
    return this.process.exitCode ?? this.process.signalCode;
  }

  async says(pattern: RegExp): Promise<void> {
    while (!pattern.test(this.output)) {
      if (this.process.exitCode !== null) throw new Error(`ended without saying ${String(pattern)}:\n${this.output}`);
      await new Promise<void>((resolve) => (this.changed = resolve));
    }
  }
}

/** Command lines of the processes that name `folder`, each after its pid; this process apart. */
export async function processesIn(folder: string): Promise<string[]> {
  const lines = existsSync('/proc/self/cmdline') ? linesOfProc() : await linesOfPs();
  return lines.filter((line) => line.includes(folder) && Number.parseInt(line, 10) !== process.pid);
}

function linesOfProc(): string[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map((pid) => `${pid} ${commandLineOf(pid)}`);
}

/** Empty for a process that ended meanwhile. */
function commandLineOf(pid: string): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ');
  } catch {
    return '';
  }
}

async function linesOfPs(): Promise<string[]> {
  return (await promisify(execFile)('ps', ['-eo', 'pid=,args='])).stdout.split('\n');
}

/** Resolves when no process names `folder` any more. */
export async function nothingRunsIn(folder: string): Promise<void> {
  while ((await processesIn(folder)).length > 0) await new Promise((resolve) => setTimeout(resolve, 50));
}
