/**
 * Which line of a request each accepted event came from, so that the answer can name those that were given up.
 *
 * Events are known by their producer's row numbers. Those of one request come in runs: neighbours in the request are
 * neighbours in the ring, until another request's events, or a bad line, come between.
 */
import type { FlushError } from '../errors.js';

/** A line whose event was accepted and then given up. */
export interface FailedLine {
  readonly line: number;
  /** Whether it is kept and can be replayed: then it need not be sent again. */
  readonly deadLettered: boolean;
  readonly message: string;
}

interface Run {
  readonly line: number;
  readonly row: number;
  count: number;
}

export class AcceptedLines {
  readonly #runs: Run[] = [];

  /** @param row the event's number among all that the producer put into the ring. */
  add(line: number, row: number): void {
    const last = this.#runs.at(-1);
    if (last !== undefined && line === last.line + last.count && row === last.row + last.count) last.count++;
    else this.#runs.push({ line, row, count: 1 });
  }

  /**
   * The lines of the rows that a failed `committed({ since })` names, in order.
   *
   * @param since the row number from which the error counts.
   */
  failedLines(failed: FlushError['failed'], since: number): FailedLine[] {
    const lines: FailedLine[] = [];
    for (const { first, count, deadLettered, message } of failed) {
      for (const run of this.#runs) {
        const from = Math.max(since + first, run.row);
        const to = Math.min(since + first + count, run.row + run.count);
        for (let row = from; row < to; row++) {
          lines.push({ line: run.line + row - run.row, deadLettered, message });
        }
      }
    }
    return lines.sort((a, b) => a.line - b.line);
  }
}
