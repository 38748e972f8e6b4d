/**
 * A failure that a test asks of a memory sink, as data that travels to a flusher's thread.
 */
import type { ErrorReason } from '../../target-errors/meaning.js';

/** How a write is to fail: by an error with these properties. */
export interface FailureProperties {
  readonly message?: string;
  readonly code?: string | number;
  readonly status?: number;
  readonly verdict?: 'retry' | 'fatal';
  readonly reason?: ErrorReason;
  readonly split?: boolean;
  readonly retryAfterMs?: number;
}

/** How a write is to fail; `unknown`: by an error that says nothing of itself. */
export type Failure = Error | 'retry' | 'fatal' | 'unknown' | FailureProperties;

/** A failure as it is posted. */
export interface PostedFailure {
  readonly message: string;
  readonly properties: Readonly<Record<string, unknown>>;
  /** The rows that fail, by their numbers in the batch; undefined: the write fails. */
  readonly rows: readonly number[] | undefined;
}

export function postedFailure(failure: Failure, rows?: readonly number[]): PostedFailure {
  if (typeof failure === 'string') {
    const properties = failure === 'unknown' ? {} : { verdict: failure };
    return { message: `a test asked for this failure (${failure})`, properties, rows };
  }
  const { message = 'a test asked for this failure', ...given } = failure as FailureProperties;
  // Also those which a class sets: its prototype does not travel.
  const properties = Object.fromEntries(Object.entries(given).filter(([, value]) => isPlain(value)));
  return { message, properties, rows };
}

export function errorOf({ message, properties }: PostedFailure): Error {
  return Object.assign(new Error(message), properties);
}

function isPlain(value: unknown): boolean {
  return value === null || !['object', 'function', 'symbol', 'undefined'].includes(typeof value);
}
