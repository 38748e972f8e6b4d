/**
 * What a flow tells its user as it goes: events to listeners, failures to `errors()`, and to whoever listens to
 * nothing one warning of the process.
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
  /** Someone reads failures, or has been warned of one. */
  #heard = false;

  on<E extends keyof FlowEvents>(event: E, listener: (...args: FlowEvents[E]) => void): void {
    this.#events.on(event, listener as never);
    // Who comes after the end would wait for it in vain.
    if (event === 'close' && this.#closed) queueMicrotask(listener as () => void);
  }

  off<E extends keyof FlowEvents>(event: E, listener: (...args: FlowEvents[E]) => void): void {
    this.#events.off(event, listener as never);
  }

  hasListeners(event: keyof FlowEvents): boolean {
    return this.#events.listenerCount(event) > 0;
  }

  /** A listener that throws must not end a flusher, nor another listener: its error is thrown where it harms nobody. */
  emit<E extends keyof FlowEvents>(event: E, ...args: FlowEvents[E]): void {
    if (event === 'close') this.#closed = true;
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
    // Rows that are given up must not go unheard: whoever listens to nothing is told once.
    const heard =
      this.#heard || this.hasListeners('flushError') || (deadLettered && this.hasListeners('deadLetter'));
    if (!heard) {
      process.emitWarning(error);
      this.#heard = true;
    }
    this.emit('flushError', error, kept);
    if (deadLettered) this.emit('deadLetter', error);
  }
}
