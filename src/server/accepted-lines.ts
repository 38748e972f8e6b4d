/**
 * Which line of a request each accepted event came from, so that the answer can name those that were given up.
 *
 * Events are known by their producer's row numbers. Those of one request come in runs: neighbours in the request are
 * neighbours in the ring, until another request's events, or a bad line, come between.
 */
import { visible } from '../describe.js';
import type { FlushError } from '../errors.js';
import type { RowRange } from '../flow/api/producer.js';

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

  /** Number of runs, which is the measure of the memory in use. */
  get runs(): number {
    return this.#runs.length;
  }

  /** @param row the event's number among all that the producer put into the ring. */
  add(line: number, row: number): void {
    const last = this.#runs.at(-1);
    if (last !== undefined && line === last.line + last.count && row === last.row + last.count) last.count++;
    else this.#runs.push({ line, row, count: 1 });
  }

  /**
   * Find the lines of the rows that a failed `committed({ since })` names.
   *
   * @param failed rows in their order.
   * @param since the row number from which the error counts.
   * @param into receives the first of the lines, in order, until it has `most`.
   * @returns the number of lines.
   */
  failedLines(failed: FlushError['failed'], since: number, into: FailedLine[], most: number): number {
    let lines = 0;
    for (const { deadLettered, message, ...range } of failed) {
      for (const { line, count } of this.#linesOf(range, since)) {
        lines += count;
        for (let i = 0; i < count && into.length < most; i++) {
          into.push({ line: line + i, deadLettered, message: visible(message) });
        }
      }
    }
    return lines;
  }

  /**
   * How many lines the rows of ranges came from.
   *
   * @param since the row number from which the ranges count.
   */
  count(ranges: readonly RowRange[], since: number): number {
    let lines = 0;
    for (const range of ranges) {
      for (const { count } of this.#linesOf(range, since)) lines += count;
    }
    return lines;
  }

  /** The lines that rows of a range came from, in runs. */
  *#linesOf({ first, count }: RowRange, since: number): Iterable<{ line: number; count: number }> {
    for (const run of this.#runs) {
      const from = Math.max(since + first, run.row);
      const to = Math.min(since + first + count, run.row + run.count);
      if (from < to) yield { line: run.line + from - run.row, count: to - from };
    }
  }
}
