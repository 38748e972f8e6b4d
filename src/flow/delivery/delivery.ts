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
import { performance } from 'node:perf_hooks';
import { WaitTimeoutError } from '../../errors.js';
import type { FlushStatus } from '../../metrics/read/flush-info.js';
import type { Schema } from '../../schema/columns/schema.js';
import type { Batch } from '../../schema/read/batch.js';
import type { Sink, Verdict } from '../../sink.js';
import type { RetrySettings } from '../config/delivery.js';
import { type Awaitable, isThenable } from '../waiting/awaitable.js';
import { within } from '../waiting/within.js';
import { AttemptContext } from './attempt-context.js';
import { classifier, withRetry } from './retry.js';
import type { SinkRegistry } from './sink-registry.js';
import { AnswerError, failedRows } from './write-result.js';

/** Rows to be delivered, by their numbers from 0. */
export interface Load {
  readonly schema: Schema;
  /** These rows, given in order, in fresh arrays. */
  copy(rows: readonly number[]): Batch;
  /** The sink has stored these. */
  committed(rows: readonly number[]): void;
}

/** A row that has failed for good. */
export interface RowFailure {
  readonly row: number;
  readonly error: unknown;
  /** How often the sink had it. */
  readonly attempts: number;
  readonly reason: 'fatal' | 'retries' | 'answer';
}

/** What every `write` of one sink has in common. */
export interface DeliveryContext {
  readonly flusher: number;
  readonly options: unknown;
  /** The flow stops: no further attempt; attempts under way are aborted. */
  readonly signal: AbortSignal;
  readonly metrics: SinkRegistry;
}

/** Who measures. */
export interface DeliveryObserver {
  /** An attempt that is not a batch's first begins. */
  retried(): void;
  /** The sink's `write` has ended. */
  wrote(rows: number, durationMs: number, status: FlushStatus): void;
  /** An attempt has failed, or rows of it: each of its errors. */
  failed(type: 'retry' | 'fatal' | 'unknown' | 'timeout' | 'answer'): void;
}

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

/** The rows that a sink did not store, with their errors. */
type Answer = ReadonlyMap<number, unknown>;

/** How long a write may go on when the flow stops. Less than its thread may. */
const stopPatienceMs = 800;

/**
 * With errors that nobody can tell, so many halves may fail in a row: a target that is down would otherwise get two
 * writes for each row. What is left of the batch then fails together.
 */
const maxFailedGuesses = 40;

export class Delivery {
  readonly #verdict: (error: unknown) => Verdict;

  constructor(
    private readonly sink: Sink,
    private readonly retry: RetrySettings,
    private readonly context: DeliveryContext,
  ) {
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
    if (this.context.signal.aborted) return [];
    const first = this.#write(load, rows, 1, observer);
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
      if (this.context.signal.aborted) break;
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
      const failed = await (first ?? this.#write(load, lot.rows, lot.tried, observer));
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
      await withRetry(settings, tryIt, mayPass, this.context.signal);
      return undefined;
    } catch (error) {
      return error;
    }
  }

  #typeOf(error: unknown): Parameters<DeliveryObserver['failed']>[0] {
    if (error instanceof AnswerError) return 'answer';
    return error instanceof WaitTimeoutError ? 'timeout' : (this.#verdict(error) ?? 'unknown');
  }

  /** One attempt, bounded in time if the sink takes time. What the sink throws, or AnswerError, is a rejection. */
  #write(load: Load, rows: readonly number[], tried: number, observer?: DeliveryObserver): Awaitable<Answer> {
    const { flusher, options, metrics } = this.context;
    const began = performance.now();
    // Undefined while the sink takes its time.
    let status: FlushStatus | undefined = 'fail';
    try {
      const context = new AttemptContext(flusher, options, load.schema, tried, metrics);
      const answer = this.sink.write(load.copy(rows), context);
      const later = isThenable(answer);
      status = later ? undefined : 'success';
      return later ? this.#later(answer, context, rows, began, observer) : failedRows(answer, rows);
    } catch (error) {
      return Promise.reject(error);
    } finally {
      if (status !== undefined) observer?.wrote(rows.length, performance.now() - began, status);
    }
  }

  async #later(
    answer: PromiseLike<unknown>,
    context: AttemptContext,
    rows: readonly number[],
    began: number,
    observer?: DeliveryObserver,
  ): Promise<Answer> {
    let status: FlushStatus = 'fail';
    try {
      const given = await this.#bounded(answer, context, this.context.signal);
      status = 'success';
      return failedRows(given, rows);
    } finally {
      observer?.wrote(rows.length, performance.now() - began, status);
    }
  }

  /** An answer that is awaited no longer than an attempt, and the end of the flow, may take. */
  async #bounded(answer: PromiseLike<unknown>, context: AttemptContext, stop: AbortSignal): Promise<unknown> {
    let leave: (reason: unknown) => void = () => {};
    let timer: NodeJS.Timeout | undefined;
    // A sink that does not heed its signal is left behind, while what is known of the rows can still be said.
    const abort = () => {
      AttemptContext.abort(context, stop.reason);
      timer = setTimeout(() => leave(stop.reason), stopPatienceMs);
    };
    stop.addEventListener('abort', abort, { once: true });
    try {
      const left = new Promise<never>((_, reject) => {
        leave = reject;
      });
      const { timeoutMs } = this.retry;
      const inTime = within(timeoutMs, answer, 'the sink did not write', (error) =>
        AttemptContext.abort(context, error),
      );
      return await Promise.race([inTime, left]);
    } finally {
      clearTimeout(timer);
      stop.removeEventListener('abort', abort);
    }
  }
}
