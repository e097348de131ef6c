import type { LogLine } from '../../../src/platform/sim/logger.js';
import { Violation } from './checker.js';

/** Errors that only a mistake in the program makes. */
const BUGS = new Set(['InvariantError', 'TypeError', 'RangeError', 'ReferenceError', 'SyntaxError']);

/** A process that logs a bug and lives on has hidden it. */
export class NoBugLogged {
  private last: LogLine | undefined;

  /** @param lines the oldest may be gone since the last call. @throws Violation */
  look(lines: readonly LogLine[]): void {
    for (let at = lines.length - 1; at >= 0 && lines[at] !== this.last; at--) {
      const { error, host, message } = lines[at]!;
      if (error instanceof Error && BUGS.has(error.name)) {
        throw new Violation(`${host}: ${message}: ${error.stack ?? error.message}`);
      }
    }
    this.last = lines.at(-1);
  }
}
