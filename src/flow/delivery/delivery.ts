/**
 * The step "deliver" of a batch's way: gives rows to a sink until each of them is committed or has failed for good.
 *
 *     write ─▶ stored                                     committed
 *           ─▶ answers { failed: […] }                    the others are committed; these are tried again, or given up
 *           ─▶ throws what may pass later                 tried again after a pause, then given up
 *           ─▶ throws what will never pass                halved, until the rows that it fails for are alone
 *           ─▶ throws what nobody can tell                tried again, then halved with one attempt for each half
 *           ─▶ throws that it was too much at once        halved, and no row is suspected
 *
 * Each attempt gets fresh arrays, since a sink may keep, change or transfer what it got. Halves are tried in
 * order, so that rows are committed in order. A stop ends it soon: rows that it does not name then are as they were.
 */
import { WaitTimeoutError } from '../../errors.js';
import type { Sink } from '../../sink.js';
import type { RetrySettings } from '../config/delivery.js';
import { type Awaitable, isThenable } from '../waiting/awaitable.js';
import { systemTimers, type Timers } from '../waiting/timers.js';
import type {
  AttemptError,
  DeliveryContext,
  DeliveryObserver,
  Load,
  RowFailure,
} from './delivery-contract.js';
import { classifier, type KnownMeaning, stageOf } from './error-meaning.js';
import { Lot } from './lot.js';
import { withRetry } from './retry.js';
import { SinkWriter } from './sink-writer.js';
import type { Turn } from './turn.js';
import { type Answer, AnswerError } from './write-result.js';

/**
 * With errors that nobody can tell, so many halves may fail in a row: a target that is down would otherwise get two
 * writes for each row. What is left of the batch then fails together.
 */
const maxFailedGuesses = 40;

export class Delivery {
  readonly #writer: SinkWriter;
  readonly #meaning: (error: unknown) => KnownMeaning;
  readonly #stop: AbortSignal;
  readonly #timers: Timers;

  constructor(
    sink: Sink,
    private readonly retry: RetrySettings,
    context: DeliveryContext,
  ) {
    this.#writer = new SinkWriter(sink, retry.timeoutMs, context);
    this.#meaning = classifier(sink, retry);
    this.#stop = context.signal;
    this.#timers = context.timers ?? systemTimers;
  }

  /**
   * Deliver rows of a load, which is notified of each commit.
   * @param observer notified of every attempt.
   * @param turn given back in the pauses between attempts.
   * @returns those that failed for good; at once where the sink has stored all rows at once. Those of which nothing was
   * said are not delivered: it was stopped.
   */
  deliver(
    load: Load,
    rows: readonly number[],
    observer?: DeliveryObserver,
    turn?: Turn,
  ): Awaitable<readonly RowFailure[]> {
    if (this.#stop.aborted) return [];
    const first = this.#writer.write(load, rows, 1, observer);
    if (isThenable(first) || first.failed.size > 0) {
      return this.#deliver(load, new Lot(rows, 0, false, first), observer, turn);
    }
    load.committed(rows, first.skipped);
    return [];
  }

  async #deliver(
    load: Load,
    whole: Lot,
    observer?: DeliveryObserver,
    turn?: Turn,
  ): Promise<readonly RowFailure[]> {
    const failures: RowFailure[] = [];
    const lots: Lot[] = [];
    let failedGuesses = 0;
    for (let lot: Lot | undefined = whole; lot !== undefined; lot = lots.pop()) {
      const error = await this.#exhaust(load, lot, failures, observer, turn);
      if (this.#stop.aborted) break;
      if (lot.rows.length === 0) {
        failedGuesses = 0;
        continue;
      }
      const { verdict, split } = this.#meaning(error);
      if (lot.guess) failedGuesses++;
      const isAnswer = error instanceof AnswerError;
      const hopeless = (verdict === 'retry' && !split) || isAnswer || failedGuesses > maxFailedGuesses;
      if (hopeless || lot.isNamed || lot.rows.length === 1) {
        const reason = isAnswer ? 'answer' : verdict === 'fatal' || split ? 'fatal' : 'retries';
        for (const row of lot.rows) failures.push(this.#failure(row, lot.errorOf(row) ?? error, lot, reason));
      } else {
        const [before, behind] = lot.halves(verdict === undefined && !split);
        lots.push(behind, before);
      }
    }
    return failures;
  }

  /** Try a lot until nothing of it is left or no attempt is. @returns the last error. */
  async #exhaust(
    load: Load,
    lot: Lot,
    failures: RowFailure[],
    observer?: DeliveryObserver,
    turn?: Turn,
  ): Promise<unknown> {
    const settings = lot.guess ? { ...this.retry, maxAttempts: 1 } : this.retry;
    const attempt = () => this.#attempt(load, lot, failures, observer);
    const mayPass = (error: unknown) => {
      if (error instanceof AnswerError || error instanceof LoadError) return false;
      if (lot.isNamed) return true;
      const { verdict, split } = this.#meaning(error);
      return verdict !== 'fatal' && !split;
    };
    try {
      await withRetry(settings, attempt, mayPass, this.#stop, this.#timers, turn);
      return undefined;
    } catch (error) {
      if (error instanceof LoadError) throw error.cause;
      return error;
    }
  }

  /** Try a lot once. @throws the sink's error, or its error for the first of the rows that may be tried again. */
  async #attempt(load: Load, lot: Lot, failures: RowFailure[], observer?: DeliveryObserver): Promise<void> {
    const begun = lot.attempted();
    const { rows, attempts } = lot;
    if (attempts > 1) observer?.retried(attempts);
    let answer: Answer;
    try {
      answer = await (begun ?? this.#writer.write(load, rows, attempts, observer));
    } catch (error) {
      this.#tell(error, observer);
      throw error;
    }
    const { failed, skipped } = answer;
    if (failed.size === 0) {
      commit(load, rows, skipped);
      lot.stored();
      return;
    }
    const left: number[] = [];
    for (const [row, error] of failed) {
      this.#tell(error, observer);
      if (this.#meaning(error).verdict !== 'fatal') left.push(row);
      else failures.push(this.#failure(row, error, lot, 'fatal'));
    }
    commit(
      load,
      rows.filter((row) => !failed.has(row)),
      skipped,
    );
    lot.named(
      failed,
      left.sort((a, b) => a - b),
    );
    if (left.length > 0) throw lot.errorOf(left[0] as number);
  }

  #failure(row: number, error: unknown, { attempts }: Lot, reason: RowFailure['reason']): RowFailure {
    return { row, error, attempts, reason, errorReason: this.#meaning(error).reason };
  }

  #tell(error: unknown, observer: DeliveryObserver | undefined): void {
    const { verdict, reason } = this.#meaning(error);
    let type: AttemptError = verdict ?? 'unknown';
    if (error instanceof AnswerError) type = 'answer';
    else if (error instanceof WaitTimeoutError) type = 'timeout';
    observer?.failed(type, reason, stageOf(error), error);
  }
}

/** The load could not note a commit. The sink has the rows: no further attempt may write them again. */
class LoadError extends Error {}

function commit(load: Load, rows: readonly number[], skipped: Answer['skipped']): void {
  try {
    load.committed(rows, skipped);
  } catch (cause) {
    throw new LoadError('a commit could not be noted', { cause });
  }
}
