import { once } from 'node:events';
import { createInterface } from 'node:readline';

/** Where a tool reads and writes, as an argument, so that tests can play the terminal. */
export interface Terminal {
  /** One line on standard output. */
  out(line: string): void;
  /** One line on standard error. */
  err(line: string): void;
  /** Bytes as they are; resolves when more may follow. Resolves to false when nobody listens any more. */
  write(bytes: Uint8Array): Promise<boolean>;
  /** Lines of standard input, until it ends. */
  lines(): AsyncIterable<string>;
  /** Whether a person types there. */
  readonly isInteractive: boolean;
  /** Without a new line. */
  prompt(text: string): void;
  /** Resolves at the first Ctrl-C or SIGTERM; a second one ends the process at once. */
  interrupted(): Promise<void>;
}

/** This process's own. */
export function processTerminal(): Terminal {
  let isOpen = true;
  process.stdout.on('error', () => (isOpen = false)); // a closed pipe, as after `| head`
  return {
    out: (line) => void process.stdout.write(`${line}\n`),
    err: (line) => void process.stderr.write(`${line}\n`),
    write: async (bytes) => {
      if (isOpen && !process.stdout.write(bytes)) {
        await Promise.race([once(process.stdout, 'drain'), once(process.stdout, 'close')]).catch(() => undefined);
      }
      return isOpen;
    },
    lines: () => createInterface({ input: process.stdin, crlfDelay: Infinity }),
    isInteractive: process.stdin.isTTY && process.stdout.isTTY,
    prompt: (text) => void process.stdout.write(text),
    interrupted: () =>
      new Promise((resolve) => {
        for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => resolve());
      }),
  };
}
