/**
 * Texts for anything at all: values that did not fit, and whatever was thrown.
 */
import { types } from 'node:util';

/**
 * A text that changes nothing but itself on a terminal or in a log. Names and values come from anybody: control
 * characters could move the cursor, retitle the window or begin a line of their own, and direction marks swap what is
 * read. Within JSON, the escapes mean what they replace.
 */
export function visible(text: string): string {
  return text.replace(
    /[\p{Cc}\u2028\u2029\u200e\u200f\u061c\u202a-\u202e\u2066-\u2069]/gu,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

/** The same for a text of several lines. */
export function visibleLines(text: string): string {
  return text.split('\n').map(visible).join('\n');
}

/** More digits take long to print, and tell no more. */
const largestBigint = 2n ** 128n;

/** A short, safe text for any value: its content if it is short, and always its type. */
export function describe(value: unknown): string {
  if (value === null) return 'null';
  if (value === undefined) return 'undefined';
  // As of an address with a user.
  if (typeof value === 'string' && /:[^\s@]*@/.test(value))
    return '[hidden] (string, which may hold a password)';
  if (typeof value === 'string')
    return `${JSON.stringify(value.slice(0, 40))}${value.length > 40 ? '…' : ''} (string)`;
  if (typeof value === 'bigint')
    return value < largestBigint && value > -largestBigint ? `${value}n (bigint)` : 'a large bigint';
  if (typeof value === 'number' || typeof value === 'boolean')
    return `${Object.is(value, -0) ? '-0' : value} (${typeof value})`;
  if (typeof value !== 'object') return `a ${typeof value}`;
  try {
    return Array.isArray(value) ? `an array of ${value.length}` : kindOf(value);
  } catch {
    // A proxy, or a getter, may throw whatever is asked of it.
    return 'an object that cannot be read';
  }
}

/** By its prototype: an own property of the name "constructor" is data, and may be anything. */
function kindOf(value: object): string {
  if (types.isArgumentsObject(value)) return 'the arguments of a call';
  const prototype = Object.getPrototypeOf(value);
  if (prototype === null) return 'an object without a prototype';
  const name: unknown = prototype.constructor?.name;
  if (typeof name !== 'string' || name === '' || name === 'Object') return 'an object';
  return `${/^[AEIO]/i.test(name) ? 'an' : 'a'} ${name.slice(0, 40)}`;
}

/** The message of anything that can be thrown, as one line: those of native modules that do not load have several. */
export function lineOf(thrown: unknown): string {
  return messageOf(thrown)
    .trim()
    .replace(/\s*[\r\n]\s*/g, ' ');
}

/** The message of anything that can be thrown, strings and nonsense included. */
export function messageOf(thrown: unknown): string {
  try {
    return String(thrown instanceof Error ? thrown.message : thrown);
  } catch {
    return 'something that has no text';
  }
}
