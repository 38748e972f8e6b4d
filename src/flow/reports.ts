/**
 * What a flow reports to its user: events to listeners, failures to `errors()`. Without either, the first failure is a
 * warning of the process.
 */
import { FlushError, type SourceError } from '../errors.js';
import type { Redactor } from '../redact/redactor.js';
import type { FlowEmitter, FlowEvents } from './api/events.js';
import { Failures } from './failures.js';
import type { Observing } from './observing/observing.js';
import { errorOf } from './protocol/error-data.js';
import type { FailureReport } from './protocol/flusher-task.js';

export class Reports {
  readonly failures: Failures;
  #ended = false;
  /** Whether the user reads failures, or has been warned of one. */
  #heard = false;
  #warnedOfSource = false;

  /**
   * @param events the flow's own emitter.
   * @param redactor of errors' texts.
   * @param observing undefined without an observer and a logger.
   * @param errorBufferSize failures that `errors()` keeps for its reader.
   */
  constructor(
    private readonly events: Pick<FlowEmitter, 'emit' | 'listenerCount'>,
    errorBufferSize: number,
    private readonly redactor: Redactor,
    private readonly observing: Observing | undefined,
  ) {
    this.failures = new Failures(errorBufferSize);
  }

  /** Whether `close` has been emitted. */
  get ended(): boolean {
    return this.#ended;
  }

  hasListeners(event: keyof FlowEvents): boolean {
    return this.events.listenerCount(event) > 0;
  }

  emit<E extends keyof FlowEvents>(event: E, ...args: FlowEvents[E]): void {
    this.events.emit(event, ...args);
  }

  errors(): AsyncIterable<FlushError> {
    this.#heard = true;
    return this.failures;
  }

  failed(failure: FailureReport): void {
    const { schema, rows, reason, deadLettered } = failure;
    const message = this.redactor.text(failure.error.message);
    const cause = errorOf({ ...failure.error, message });
    const error = new FlushError(schema, rows, { cause, reason, deadLettered });
    this.observing?.gaveUp(error);
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

  /** The source has thrown, or its thread has died. The first that no listener hears of is a warning. */
  sourceFailed(error: SourceError): void {
    if (!this.hasListeners('sourceError') && !this.#warnedOfSource) {
      this.#warnedOfSource = true;
      process.emitWarning(error);
    }
    this.emit('sourceError', error);
  }

  /** The flow has ended: no more failures come. */
  end(): void {
    this.#ended = true;
    this.failures.end();
    this.emit('close');
  }
}
