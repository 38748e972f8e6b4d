/**
 * An error as data: what of anything thrown is posted to another thread or kept with a dead letter; of bounded length.
 */
import { messageOf } from '../../describe.js';

export interface ErrorData {
  readonly message: string;
  readonly code?: string;
}

/** Errors may quote a whole statement or document; their beginning says what is wrong. */
const maxMessageLength = 2000;
const maxCodeLength = 200;

export function errorData(thrown: unknown): ErrorData {
  const message = shortened(messageOf(thrown), maxMessageLength);
  const code = codeOf(thrown);
  return { message, ...(code === undefined ? {} : { code: shortened(code, maxCodeLength) }) };
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

function shortened(text: string, length: number): string {
  if (text.length <= length) return text;
  // Not between the halves of a surrogate pair.
  const end = /[\ud800-\udbff]/.test(text.charAt(length - 2)) ? length - 2 : length - 1;
  return `${text.slice(0, end)}…`;
}
