/**
 * The step "put away" of a batch's way: rows that the sink did not take become dead letters, or are dropped, counted
 * and reported where there are none.
 *
 * What the dead letters do not take, either, stays in the ring: nothing is let go.
 */
import { knownError } from '../../target-errors/known-error.js';
import { type DeadLetter, type DeadReason, letterOf } from '../delivery/dead-letter.js';
import type { DeadLetterBox } from '../delivery/dead-letter-box.js';
import type { RowFailure } from '../delivery/delivery-contract.js';
import { pauseTurn, type Turn } from '../delivery/turn.js';
import { errorData } from '../protocol/error-data.js';
import type { Timers } from '../waiting/timers.js';
import type { FlushRecord } from './flush-record.js';
import type { TakenRows } from './taken-rows.js';

/** A row that has failed for good, of what a sink says or of what its thread died. */
export type Failure = Omit<RowFailure, 'reason'> & { readonly reason: DeadReason };

/** What failures are put away with; the same for every batch of a flusher. */
export interface PutAwayTools {
  readonly flow: string;
  /** Undefined: rows that are given up are dropped. */
  readonly deadLetters: DeadLetterBox | undefined;
  /** The pause before rows are tried again that could be put nowhere. */
  readonly pauseMs: number;
  /** Aborts when the flow stops. */
  readonly signal: AbortSignal;
  readonly timers: Timers;
}

/** Puts away failures of one batch. */
export class PutAway {
  constructor(
    private readonly rows: TakenRows,
    private readonly record: FlushRecord,
    private readonly tools: PutAwayTools,
    private readonly turn?: Turn,
  ) {}

  /** Try once, since a target that is down may be up again before its dead letters are. */
  async afterDelivery(failures: readonly RowFailure[]): Promise<void> {
    const unclear = failures.filter(({ reason }) => reason === 'answer');
    const clear = failures.filter(({ reason }) => reason !== 'answer');
    // The sink may have these: they are not written again, whatever the dead letters say.
    if (unclear.length > 0) await this.untilDone(unclear);
    if (clear.length > 0 && !this.tools.signal.aborted) await this.#try(clear);
  }

  /** Try until all are put away, or the flow stops: the sink does not get these rows again. */
  async untilDone(failures: readonly Failure[]): Promise<void> {
    while (!this.tools.signal.aborted && !(await this.#try(failures))) {
      const left = new Set(this.rows.left);
      failures = failures.filter(({ row }) => left.has(row));
    }
  }

  /**
   * Dead letters, or where there are none, the end. A try that fails ends with a pause.
   * @returns whether all rows have ended.
   */
  async #try(failures: readonly Failure[]): Promise<boolean> {
    const { deadLetters, pauseMs, signal, timers } = this.tools;
    if (deadLetters === undefined) {
      this.#end(failures, 'failed');
      return true;
    }
    const sorted = [...failures].sort((a, b) => a.row - b.row);
    let left = sorted.length;
    const put = (kept: readonly number[]) => {
      left -= kept.length;
      // Before the rows end: a caller that their end answers finds the dead letters well.
      if (left === 0) this.record.putAway(false);
      const ended = kept.map((i) => sorted[i] as Failure);
      this.#end(ended, 'deadLettered');
    };
    const unkept = await deadLetters.put(this.#letters(sorted), put, this.turn);
    this.record.putAway(unkept.length > 0);
    if (unkept.length === 0 || signal.aborted) return unkept.length === 0;
    this.#report(
      unkept.map(({ row }) => sorted[row] as Failure),
      unkept[0]?.error,
    );
    await pauseTurn(pauseMs, signal, timers, this.turn);
    return false;
  }

  /** @param cause the reason why the dead letters did not take the rows. */
  #report(failures: readonly Failure[], cause: unknown): void {
    const { message, ...rest } = errorData(cause);
    const reason = knownError(cause)?.reason ?? 'unknown';
    for (const group of grouped(failures)) {
      // Without it, nothing would tell why these rows are to be dead letters at all.
      const first = errorData(group[0]?.error).message;
      const data = {
        ...rest,
        reason,
        message: `${message}; the rows were given up for this error: ${first}`,
      };
      this.record.gaveUp(group.length, data, 'dead-letters', false);
    }
  }

  #end(failures: readonly Failure[], ending: 'deadLettered' | 'failed'): void {
    const deadLettered = ending === 'deadLettered';
    this.record.givesUp();
    for (const group of grouped(failures)) {
      const numbers = group.map(({ row }) => row);
      const { error, reason, errorReason } = group[0] as Failure;
      const data = { ...errorData(error), reason: errorReason };
      this.rows.logGivenUp(numbers, data.message, deadLettered);
      this.rows.end(numbers, ending);
      this.record.gaveUp(numbers.length, data, reason, deadLettered);
    }
  }

  #letters(failures: readonly Failure[]): DeadLetter[] {
    const batch = this.rows.copy(failures.map(({ row }) => row));
    return failures.map(({ error, reason, errorReason, attempts }, i) =>
      letterOf({
        flow: this.tools.flow,
        batch,
        row: i,
        reason,
        error: { ...errorData(error), reason: errorReason },
        attempts,
        firstTriedAt: this.record.beganAt,
        failedAt: Date.now(),
      }),
    );
  }
}

/** Failures by their reason and error, each group in the order of rows. */
function grouped(failures: readonly Failure[]): Failure[][] {
  const groups = new Map<string, Failure[]>();
  for (const failure of failures) {
    const { message, code } = errorData(failure.error);
    const key = JSON.stringify([failure.reason, code, message]);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [failure]);
    else group.push(failure);
  }
  return [...groups.values()];
}
