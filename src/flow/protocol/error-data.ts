/**
 * An error as data: what of anything thrown is posted to another thread or kept with a dead letter; of bounded length.
 */
import { messageOf } from '../../describe.js';
import { knownError, ownMeaning } from '../../target-errors/known-error.js';
import { type ErrorReason, type Meaning, propertyOf } from '../../target-errors/meaning.js';

export interface ErrorData {
  readonly message: string;
  readonly code?: string;
  readonly reason?: ErrorReason;
}

/** What delivery has to know of an error that another thread's code has thrown, beside its text. */
export interface ThrownData extends ErrorData, Meaning {
  readonly retryAfterMs?: number;
}

/** Errors may quote a whole statement or document; their beginning says what is wrong. */
const maxMessageLength = 2000;
const maxCodeLength = 200;

export function errorData(thrown: unknown): ErrorData {
  const message = shortened(messageOf(thrown), maxMessageLength);
  const code = codeOf(thrown);
  return { message, ...(code === undefined ? {} : { code: shortened(code, maxCodeLength) }) };
}

/** An error of `onBatch`: its properties by which a target's errors are known do not reach the flusher. */
export function thrownData(thrown: unknown): ThrownData {
  const retryAfterMs = propertyOf(thrown, 'retryAfterMs');
  return {
    ...errorData(thrown),
    ...knownError(thrown),
    ...ownMeaning(thrown),
    ...(typeof retryAfterMs === 'number' && { retryAfterMs }),
  };
}

/** The error that data stands for. */
export function errorOf({ message, ...properties }: ThrownData): Error {
  return Object.assign(new Error(message), properties);
}

function codeOf(thrown: unknown): string | undefined {
  const code = propertyOf(thrown, 'code');
  return typeof code === 'string' ? code : undefined;
}

function shortened(text: string, length: number): string {
  if (text.length <= length) return text;
  // Not between the halves of a surrogate pair.
  const end = /[\ud800-\udbff]/.test(text.charAt(length - 2)) ? length - 2 : length - 1;
  return `${text.slice(0, end)}…`;
}
