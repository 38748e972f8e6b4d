/**
 * The lines that a flow writes to its logger: members and a text each, as pino has them. None holds a row's values.
 */
import type { FlushError } from '../../errors.js';
import type { CircuitState } from '../../metrics/read/stats.js';
import type { FlowEnd } from '../api/flow.js';
import type { BatchEvent, Logger } from '../api/observing.js';
import type { GuardedCall } from './guarded-call.js';

type Level = keyof Logger;

/** An error as loggers show one. */
type LoggedError = { readonly message: string; readonly code?: string };

export class LogLines {
  constructor(
    private readonly logger: Logger,
    private readonly guard: GuardedCall,
    private readonly flow: string,
  ) {}

  started(flushers: number, schemas: readonly string[]): void {
    this.#write('info', { flushers, schemas }, 'flow started');
  }

  ended({ how, report, error }: FlowEnd, err: LoggedError | undefined): void {
    const { committed, deadLettered, failed, undelivered } = report;
    const members = { how, committed, deadLettered, failed, undelivered, ...(err && { err }) };
    this.#write(error === undefined ? 'info' : 'error', members, 'flow ended');
  }

  died(flusher: number, redelivered: number, err: LoggedError): void {
    this.#write('error', { flusher, redelivered, err }, 'flusher thread died');
  }

  circuit(schema: string, flusher: number, state: CircuitState): void {
    this.#write(state === 'open' ? 'warn' : 'info', { schema, flusher, state }, `circuit ${state}`);
  }

  gaveUp({ schema, rows, reason, deadLettered }: FlushError, err: LoggedError): void {
    this.#write('error', { schema, rows, reason, deadLettered, err }, 'rows given up');
  }

  /** An event of a batch that failed, is retried, or was slow. */
  batch(event: BatchEvent): void {
    const { flow: _, error, ...members } = event;
    const text = event.status === 'success' ? 'slow batch' : `batch ${event.stage} ${event.status}`;
    this.#write('warn', { ...members, ...(error && { err: error }) }, text);
  }

  /** Events that were refused on this thread. @param count since the line before. */
  refused(schema: string, field: string | undefined, reason: string, count: number): void {
    this.#write('warn', { schema, field, reason, count }, 'events refused');
  }

  #write(level: Level, members: object, text: string): void {
    this.guard.run(() => this.logger[level]({ flow: this.flow, ...members }, text));
  }
}
