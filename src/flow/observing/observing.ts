/**
 * What a flow tells its observer and its logger, on the creating thread: events of batches as flushers send them,
 * events that were refused here, and the flow's own life. Without either, nothing is made and nothing is sent.
 */
import type { EventError, FlushError } from '../../errors.js';
import { unnamedTarget } from '../../metrics/cells/operations.js';
import type { Redactor } from '../../redact/redactor.js';
import type { FlowEnd } from '../api/flow.js';
import type { BatchEvent, Logger, ObserverOptions } from '../api/observing.js';
import type { FlowOptions } from '../config/resolve.js';
import { isInShare } from '../protocol/batch-share.js';
import { errorData } from '../protocol/error-data.js';
import type { CircuitChange, StageMessage } from '../protocol/flusher-task.js';
import { ObservedMessages } from '../shared/observed-messages.js';
import type { ObservedSettings } from '../shared/shared-flow.js';
import { now } from '../waiting/clock.js';
import { GuardedCall } from './guarded-call.js';
import { LogLines } from './log-lines.js';

export interface ObservingParts {
  readonly flow: string;
  readonly target: { readonly backend: string; readonly operation: string };
  readonly flushers: number;
  readonly schemas: readonly string[];
  readonly observed: ObservedSettings;
  readonly observer: Required<ObserverOptions> | undefined;
  readonly logger: Logger | undefined;
  readonly redactor: Redactor;
}

/** What has become of events: received by the user's code, not sent as too many were on their way, thrown by it. */
export interface ObservedCounts {
  readonly received: number;
  readonly dropped: number;
  readonly failed: number;
}

/** Refused events are logged once in so long, for each reason: a hostile program may push millions. */
const refusedEveryMs = 1000;

export class Observing {
  readonly #messages: readonly ObservedMessages[];
  readonly #observerGuard: GuardedCall;
  readonly #loggerGuard: GuardedCall;
  readonly #lines: LogLines | undefined;
  /** By reason: when the last line was written, and refusals since. */
  readonly #refused = new Map<string, { at: number; count: number }>();
  #received = 0;
  /** Events that an observer or a logger caused itself. */
  #ownEvents = 0;

  constructor(private readonly parts: ObservingParts) {
    const { flow, logger, flushers, observed } = parts;
    this.#messages = Array.from({ length: flushers }, (_, i) => new ObservedMessages(observed.memory, i + 1));
    this.#observerGuard = new GuardedCall(`the observer of flow "${flow}"`);
    this.#loggerGuard = new GuardedCall(`the logger of flow "${flow}"`);
    this.#lines = logger && new LogLines(logger, this.#loggerGuard, flow);
  }

  get counts(): ObservedCounts {
    return {
      received: this.#received,
      dropped: this.#messages.reduce((sum, { dropped }) => sum + dropped, this.#ownEvents),
      failed: this.#observerGuard.failures + this.#loggerGuard.failures,
    };
  }

  started(): void {
    this.#lines?.started(this.parts.flushers, this.parts.schemas);
  }

  ended(end: FlowEnd): void {
    this.#lines?.ended(end, end.error && this.#shown(end.error));
  }

  /** A flusher's thread died. */
  died({ flusher, error, redelivered }: { flusher: number; error: unknown; redelivered: number }): void {
    this.#messages[flusher - 1]?.forget();
    this.#lines?.died(flusher, redelivered, this.#shown(error));
  }

  gaveUp(error: FlushError): void {
    this.#lines?.gaveUp(error, this.#shown(error.cause));
  }

  /** A message of a flusher. */
  heard(message: StageMessage | CircuitChange): void {
    this.#messages[message.flusher - 1]?.received();
    if ('circuit' in message) {
      this.#lines?.circuit(message.schema, message.flusher, message.circuit);
      return;
    }
    const { flow, target } = this.parts;
    const { error, ...members } = message;
    this.#tell({ flow, ...target, ...members, ...(error && { error: this.#redacted(error) }) });
  }

  /** A producer of this thread refused an event. Its message repeats what came, so it is not told. */
  refused({ schema, field, fault, code }: EventError): void {
    // Observers and loggers that push what is refused would be called within their own calls, without an end.
    if (this.#observerGuard.isRunning || this.#loggerGuard.isRunning) {
      this.#ownEvents++;
      return;
    }
    const { flow, target, observer } = this.parts;
    if (observer !== undefined) {
      const message = field === undefined ? fault : `${field}: ${fault}`;
      const happened = { stage: 'validate', status: 'fail', rows: 1, attempt: 0, durationMs: 0 } as const;
      this.#observe({ flow, schema, ...target, ...happened, reason: fault, error: { message, code } });
    }
    if (this.#lines === undefined) return;
    const last = this.#refused.get(fault) ?? { at: Number.NEGATIVE_INFINITY, count: 0 };
    last.count++;
    this.#refused.set(fault, last);
    if (now() - last.at < refusedEveryMs) return;
    this.#lines.refused(schema, field, fault, last.count);
    last.at = now();
    last.count = 0;
  }

  #tell(event: BatchEvent): void {
    if (this.#isNotable(event)) this.#lines?.batch(event);
    this.#observe(event);
  }

  #observe(event: BatchEvent): void {
    const { observer, observed } = this.parts;
    if (observer === undefined) return;
    const { sample } = observer;
    const isWanted =
      typeof sample === 'function'
        ? this.#observerGuard.run(() => sample(event)) === true
        : sample === 'errors-and-slow'
          ? this.#isNotable(event)
          : sample === 'all' || isInShare(event.schema, event.batch ?? '', observed.ratio);
    if (!isWanted) return;
    this.#received++;
    this.#observerGuard.run(() => observer.onEvent(event));
  }

  #isNotable({ status, durationMs }: BatchEvent): boolean {
    return status !== 'success' || durationMs >= this.parts.observed.slowMs;
  }

  #shown(error: unknown): { readonly message: string; readonly code?: string } {
    const { message, code } = errorData(error);
    return this.#redacted({ message, ...(code !== undefined && { code }) });
  }

  #redacted({ message, code }: { readonly message: string; readonly code?: string }) {
    return { message: this.parts.redactor.text(message, true), ...(code !== undefined && { code }) };
  }
}

export const noneObserved: ObservedCounts = { received: 0, dropped: 0, failed: 0 };

export function observingOf(
  {
    name,
    sink,
    flushers,
    schemas,
    observer,
    logger,
  }: Pick<FlowOptions, 'name' | 'sink' | 'flushers' | 'schemas' | 'observer' | 'logger'>,
  observed: ObservedSettings,
  redactor: Redactor,
): Observing {
  return new Observing({
    flow: name,
    target: sink?.target ?? unnamedTarget,
    flushers,
    schemas: schemas.map((schema) => schema.name),
    ...{ observed, observer, logger, redactor },
  });
}
