/**
 * What a letter holds, as text for a terminal.
 */
import { afterString, compact } from '../../schema/codec/json-scan.js';
import type { StoredLetter } from './letter-file.js';

/**
 * Errors and rows hold what anybody has sent. Control characters could move the cursor or retitle the
 * window, and direction marks swap what is read; within JSON, the escapes mean what they replace.
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

/** "2026-01-31T12:00:00.000Z", or the number itself when it is no time. */
export function timeText(ms: number): string {
  const time = new Date(ms);
  return Number.isNaN(time.getTime()) ? String(ms) : time.toISOString();
}

/** "SQLITE_FULL: database or disk is full" */
export function errorText({ code, message }: Pick<StoredLetter, 'code' | 'message'>): string {
  return code === null || code === undefined ? message : `${code}: ${message}`;
}

/** A text of JSON without white space around its parts, all digits kept; undefined when it is not JSON any more. */
export function jsonOf(text: string): string | undefined {
  try {
    JSON.parse(text);
    return compact(text, 0, text.length);
  } catch {
    return undefined;
  }
}

/** What `jsonOf` returned, in lines as `JSON.stringify` with an indentation of 2 writes them, all digits kept. */
export function indented(json: string): string {
  let lines = '';
  let indentation = '\n';
  for (let at = 0; at < json.length; ) {
    const end = json[at] === '"' ? afterString(json, at) : at + 1;
    const part = json.slice(at, end);
    const opens = part === '{' || part === '[';
    if (opens && (json[end] === '}' || json[end] === ']')) {
      lines += part + json[end];
      at = end + 1;
      continue;
    }
    if (opens) indentation += '  ';
    if (part === '}' || part === ']') lines += indentation = indentation.slice(0, -2);
    lines += part;
    if (opens || part === ',') lines += indentation;
    if (part === ':') lines += ' ';
    at = end;
  }
  return lines;
}
