/**
 * The step "write" of a batch's way: one attempt at rows, from fresh arrays to what the sink answers.
 *
 * What a sink answers at once is passed on at once. A sink that takes time may take no more than `timeoutMs`, and
 * little once the flow stops.
 */
import type { FlushStatus } from '../../metrics/read/flush-info.js';
import type { Sink } from '../../sink.js';
import { type Awaitable, isThenable } from '../waiting/awaitable.js';
import { now } from '../waiting/clock.js';
import { systemTimers, type Timers } from '../waiting/timers.js';
import { within } from '../waiting/within.js';
import { AttemptContext } from './attempt-context.js';
import type { DeliveryContext, DeliveryObserver, Load } from './delivery-contract.js';
import { PreparedSchemas } from './prepared-schemas.js';
import { type Answer, answerOf } from './write-result.js';

/** How long a write may go on when the flow stops. Less than its thread may. */
const stopPatienceMs = 800;

export class SinkWriter {
  readonly #schemas: PreparedSchemas;
  readonly #timers: Timers;

  constructor(
    private readonly sink: Sink,
    private readonly timeoutMs: number,
    private readonly context: DeliveryContext,
  ) {
    this.#schemas = new PreparedSchemas(sink);
    this.#timers = context.timers ?? systemTimers;
  }

  /**
   * Write rows of a load.
   * @param attempt how often they have been tried, this time included.
   * @returns what the sink did not store, or had already. A rejection is what the sink throws, a WaitTimeoutError, or
   * an AnswerError; nothing is thrown.
   */
  write(
    load: Load,
    rows: readonly number[],
    attempt: number,
    observer?: DeliveryObserver,
  ): Awaitable<Answer> {
    const { flusher, options, metrics } = this.context;
    const began = now();
    // Undefined while the sink takes its time.
    let status: FlushStatus | undefined = 'fail';
    try {
      const context = new AttemptContext(flusher, options, load.schema, attempt, metrics);
      const preparing = this.#schemas.prepare(load.schema, context);
      const write = () => this.sink.write(load.copy(rows), context);
      const answer = isThenable(preparing) ? preparing.then(write) : write();
      const later = isThenable(answer);
      status = later ? undefined : 'success';
      return later ? this.#later(answer, context, rows, began, observer) : answerOf(answer, rows);
    } catch (error) {
      return Promise.reject(error);
    } finally {
      if (status !== undefined) wrote(rows, began, status, observer);
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
      return answerOf(given, rows);
    } finally {
      wrote(rows, began, status, observer);
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
      const late = (error: unknown) => AttemptContext.abort(context, error);
      const inTime = within(this.timeoutMs, answer, 'the sink did not write', late, this.#timers);
      return await Promise.race([inTime, left]);
    } finally {
      clearTimeout(timer);
      stop.removeEventListener('abort', abort);
    }
  }
}

function wrote(
  { length }: readonly number[],
  began: number,
  status: FlushStatus,
  observer: DeliveryObserver | undefined,
): void {
  if (observer === undefined) return;
  const ended = now();
  observer.wrote(length, ended - began, status, ended);
}
