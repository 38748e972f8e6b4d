/**
 * What a flow reports to its user: events to listeners, failures to `errors()`. Without either, the first failure is a
 * warning of the process.
 */
import { EventEmitter } from 'node:events';
import { FlushError } from '../errors.js';
import type { FlowEvents } from './api/flow.js';
import { Failures } from './failures.js';
import { errorOf } from './protocol/error-data.js';
import type { FailureReport } from './protocol/flusher-task.js';

export class Reports {
  readonly failures = new Failures();
  readonly #events = new EventEmitter<FlowEvents>();
  #closed = false;
  /** Whether the user reads failures, or has been warned of one. */
  #heard = false;

  on<E extends keyof FlowEvents>(event: E, listener: (...args: FlowEvents[E]) => void): void {
    this.#events.on(event, listener as never);
    // A listener that comes after the end would wait in vain.
    if (event === 'close' && this.#closed) queueMicrotask(listener as () => void);
  }

  off<E extends keyof FlowEvents>(event: E, listener: (...args: FlowEvents[E]) => void): void {
    this.#events.off(event, listener as never);
  }

  hasListeners(event: keyof FlowEvents): boolean {
    return this.#events.listenerCount(event) > 0;
  }

  /** The error of a listener must end neither a flusher nor another listener: it is thrown apart from them. */
  emit<E extends keyof FlowEvents>(event: E, ...args: FlowEvents[E]): void {
    for (const listener of (this.#events as EventEmitter).listeners(event)) {
      try {
        listener(...args);
      } catch (error) {
        process.nextTick(() => {
          throw error;
        });
      }
    }
  }

  errors(): AsyncIterable<FlushError> {
    this.#heard = true;
    return this.failures;
  }

  failed(failure: FailureReport): void {
    const { schema, rows, reason, deadLettered } = failure;
    const error = new FlushError(schema, rows, { cause: errorOf(failure), reason, deadLettered });
    const kept = this.failures.add(error);
    // A user without listeners must learn that rows were given up, once.
    const heard =
      this.#heard || this.hasListeners('flushError') || (deadLettered && this.hasListeners('deadLetter'));
    if (!heard) {
      process.emitWarning(error);
      this.#heard = true;
    }
    this.emit('flushError', error, kept);
    if (deadLettered) this.emit('deadLetter', error);
  }

  /** The flow has ended: no more failures come. */
  end(): void {
    this.#closed = true;
    this.failures.end();
    this.emit('close');
  }
}
