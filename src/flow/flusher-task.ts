/**
 * What the creating thread and a flusher's thread say to each other: the task that starts it, and two
 * small interfaces that Comlink carries. Batches and statistics never go this way.
 */
import type { MessagePort } from 'node:worker_threads';
import { type GiveUpReason, messageOf } from '../errors.js';
import type { FlushInfo } from '../metrics/flush-info.js';
import type { BatchData } from '../schema/batch.js';
import type { SinkRef } from '../sink.js';
import type { CircuitSettings } from './circuit.js';
import type { DedupeSpec } from './dedupe.js';
import type { RetrySettings } from './retry.js';
import type { SharedFlow } from './shared.js';

/** Posted to a pool thread: run this flusher until the flow ends. */
export interface FlusherTask {
  readonly shared: SharedFlow;
  /** From 1. */
  readonly flusher: number;
  readonly maxConcurrentFlushes: number;
  readonly dedupe: DedupeSpec | undefined;
  readonly retry: RetrySettings;
  /** Undefined: never open. */
  readonly circuit: CircuitSettings | undefined;
  /** Rows that were in flight at so many deaths are tried alone. */
  readonly maxDeliveries: number;
  /** Undefined: rows that are given up are dropped. */
  readonly deadLetters: SinkRef | undefined;
  /** Undefined: batches go to the creating thread's `onBatch`. */
  readonly sink: SinkRef | undefined;
  /** The flusher calls `FlusherHost` through this port, … */
  readonly hostPort: MessagePort;
  /** … and the host calls `FlusherControl` through this one. */
  readonly controlPort: MessagePort;
}

/** How a flusher's task ended, when it did not crash. */
export type FlusherResult =
  | { readonly ended: true }
  | { readonly notOpened: ErrorData }
  | { readonly notClosed: ErrorData };

/** An error as data: what a thread's boundary keeps of it. */
export interface ErrorData {
  readonly message: string;
  readonly code?: string;
}

/** Errors may quote a whole statement or document; their beginning says what is wrong. */
const maxMessageLength = 2000;

/** What of anything thrown can be posted. */
export function errorData(thrown: unknown): ErrorData {
  const message = messageOf(thrown);
  const code = codeOf(thrown);
  return {
    message: message.length <= maxMessageLength ? message : `${message.slice(0, maxMessageLength)}…`,
    ...(code === undefined ? {} : { code }),
  };
}

/** The error that data stands for. */
export function errorOf({ message, code }: ErrorData): Error {
  return Object.assign(new Error(message), code === undefined ? {} : { code });
}

/** Anything can be thrown, getters that throw included. */
function codeOf(thrown: unknown): string | undefined {
  try {
    const code = (thrown as { code?: unknown } | null | undefined)?.code;
    return typeof code === 'string' ? code : undefined;
  } catch {
    return undefined;
  }
}

/** Rows of a batch that were given up for one reason, or could not be. */
export interface FailureReport extends ErrorData {
  readonly schema: string;
  readonly rows: number;
  readonly reason: GiveUpReason;
  readonly deadLettered: boolean;
}

/** What a flusher tells its host. */
export interface FlusherHost {
  /** The sink is open. */
  ready(): void;
  flushed(info: FlushInfo): void;
  failed(failure: FailureReport): void;
  /** Rows that were not delivered when the flow stopped, and that are no longer in the ring. */
  handedBack(schema: string, rows: BatchData): void;
  /** Run `onBatch`; resolves when it has. Comlink would keep an error's message only. */
  deliver(schema: string, data: BatchData): Promise<DeliveryAnswer>;
}

/** What `onBatch` returned or threw, as data. */
export interface DeliveryAnswer {
  readonly thrown?: ErrorData;
  /** What it said to have failed: a list, unless it makes no sense. */
  readonly failed?: unknown;
}

/** What a host tells a flusher. */
export interface FlusherControl {
  /** Abort the signal of the flushes in flight. */
  abort(): void;
}
