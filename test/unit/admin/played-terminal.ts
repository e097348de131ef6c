import type { Terminal } from '../../../src/admin/tools/terminal.js';

/** A terminal that a test plays: it types `input`, and keeps what is said. */
export class PlayedTerminal implements Terminal {
  readonly isInteractive = false;
  output = '';
  errors = '';
  private readonly input: readonly string[];

  constructor(input: readonly string[] = []) {
    this.input = input;
  }

  out(line: string): void {
    this.output += `${line}\n`;
  }

  err(line: string): void {
    this.errors += `${line}\n`;
  }

  write(bytes: Uint8Array): Promise<boolean> {
    this.output += Buffer.from(bytes).toString();
    return Promise.resolve(true);
  }

  // eslint-disable-next-line @typescript-eslint/require-await
  async *lines(): AsyncGenerator<string> {
    yield* this.input;
  }

  prompt(): void {
    throw new Error('nobody is there to see a prompt');
  }

  interrupted(): Promise<void> {
    return new Promise(() => undefined);
  }
}
