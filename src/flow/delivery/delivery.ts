/**
 * Delivery: gives rows to a sink until each of them is committed or has failed for good.
 *
 *     write ─▶ stored                                     committed
 *           ─▶ answers { failed: […] }                    the others are committed; these are tried again, or given up
 *           ─▶ throws what may pass later                 tried again after a pause, then given up
 *           ─▶ throws what will never pass                halved, until the rows that it fails for are alone
 *           ─▶ throws what nobody can tell                tried again, then halved with one attempt for each half
 *
 * Each attempt gets fresh arrays, since a sink may keep, change or transfer what it got. Halves are tried in
 * order, so that rows are committed in order. A stop ends it soon: rows that it does not name then are as they were.
 */
import { WaitTimeoutError } from '../../errors.js';
import type { Sink, Verdict } from '../../sink.js';
import type { RetrySettings } from '../config/delivery.js';
import { type Awaitable, isThenable } from '../waiting/awaitable.js';
import type {
  AttemptError,
  DeliveryContext,
  DeliveryObserver,
  Load,
  RowFailure,
} from './delivery-contract.js';
import { classifier, withRetry } from './retry.js';
import { SinkWriter } from './sink-writer.js';
import { type Answer, AnswerError } from './write-result.js';

/** Rows that are tried together. */
interface Lot {
  /** Those that are neither committed nor failed. */
  rows: readonly number[];
  /** Attempts behind it. */
  tried: number;
  /** A half of a lot that has used up its attempts: it gets one. */
  readonly guess: boolean;
  /** Of a whole batch: what the sink answers to the first attempt, which has been begun. */
  first?: Awaitable<Answer>;
  /** Errors of single rows, when the sink has named them; others need not be looked for. */
  named?: Answer;
}

/**
 * With errors that nobody can tell, so many halves may fail in a row: a target that is down would otherwise get two
 * writes for each row. What is left of the batch then fails together.
 */
const maxFailedGuesses = 40;

export class Delivery {
  readonly #writer: SinkWriter;
  readonly #verdict: (error: unknown) => Verdict;
  readonly #stop: AbortSignal;

  constructor(
    sink: Sink,
    private readonly retry: RetrySettings,
    context: DeliveryContext,
  ) {
    this.#writer = new SinkWriter(sink, retry.timeoutMs, context);
    this.#stop = context.signal;
    this.#verdict = classifier(sink, retry);
  }

  /**
   * Deliver rows of a load.
   * @param observer told of every attempt.
   * @returns those that failed for good; at once where the sink has stored all rows at once. Those of which nothing was
   * said are not delivered: it was stopped.
   */
  deliver(
    load: Load,
    rows: readonly number[],
    observer?: DeliveryObserver,
  ): Awaitable<readonly RowFailure[]> {
    if (this.#stop.aborted) return [];
    const first = this.#writer.write(load, rows, 1, observer);
    if (isThenable(first) || first.size > 0) {
      return this.#deliver(load, { rows, tried: 0, guess: false, first }, observer);
    }
    load.committed(rows);
    return [];
  }

  async #deliver(load: Load, whole: Lot, observer?: DeliveryObserver): Promise<readonly RowFailure[]> {
    const failures: RowFailure[] = [];
    const lots: Lot[] = [];
    let failedGuesses = 0;
    for (let lot: Lot | undefined = whole; lot !== undefined; lot = lots.pop()) {
      const error = await this.#exhaust(load, lot, failures, observer);
      if (this.#stop.aborted) break;
      if (lot.rows.length === 0) {
        failedGuesses = 0;
        continue;
      }
      const verdict = this.#verdict(error);
      if (lot.guess) failedGuesses++;
      const hopeless =
        verdict === 'retry' || error instanceof AnswerError || failedGuesses > maxFailedGuesses;
      if (lot.rows.length === 1 || lot.named !== undefined || hopeless) {
        for (const row of lot.rows) {
          const reason = error instanceof AnswerError ? 'answer' : verdict === 'fatal' ? 'fatal' : 'retries';
          failures.push({ row, error: lot.named?.get(row) ?? error, attempts: lot.tried, reason });
        }
        continue;
      }
      const middle = lot.rows.length >> 1;
      const half = { tried: lot.tried, guess: verdict === undefined };
      lots.push({ ...half, rows: lot.rows.slice(middle) }, { ...half, rows: lot.rows.slice(0, middle) });
    }
    return failures;
  }

  /** Try a lot until nothing of it is left or no attempt is. @returns the last error. */
  async #exhaust(
    load: Load,
    lot: Lot,
    failures: RowFailure[],
    observer?: DeliveryObserver,
  ): Promise<unknown> {
    const attempt = async () => {
      lot.tried++;
      if (lot.tried > 1) observer?.retried();
      delete lot.named;
      const { first } = lot;
      delete lot.first;
      const failed = await (first ?? this.#writer.write(load, lot.rows, lot.tried, observer));
      for (const error of failed.values()) observer?.failed(this.#typeOf(error));
      const left: number[] = [];
      for (const [row, error] of failed) {
        if (this.#verdict(error) !== 'fatal') left.push(row);
        else failures.push({ row, error, attempts: lot.tried, reason: 'fatal' });
      }
      load.committed(failed.size === 0 ? lot.rows : lot.rows.filter((row) => !failed.has(row)));
      lot.rows = left.sort((a, b) => a - b);
      if (left.length === 0) return;
      lot.named = failed;
      throw failed.get(left[0] as number);
    };
    const tryIt = async () => {
      try {
        await attempt();
      } catch (error) {
        // Those that the sink has named are told already.
        if (lot.named === undefined) observer?.failed(this.#typeOf(error));
        throw error;
      }
    };
    const mayPass = (error: unknown) =>
      !(error instanceof AnswerError) && (lot.named !== undefined || this.#verdict(error) !== 'fatal');
    try {
      const settings = lot.guess ? { ...this.retry, maxAttempts: 1 } : this.retry;
      await withRetry(settings, tryIt, mayPass, this.#stop);
      return undefined;
    } catch (error) {
      return error;
    }
  }

  #typeOf(error: unknown): AttemptError {
    if (error instanceof AnswerError) return 'answer';
    return error instanceof WaitTimeoutError ? 'timeout' : (this.#verdict(error) ?? 'unknown');
  }
}
