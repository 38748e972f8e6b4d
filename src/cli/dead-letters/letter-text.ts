/**
 * What a letter holds, as text for a terminal.
 */
import { afterString, compact } from '../../schema/codec/json-scan.js';
import type { StoredLetter } from './letter-file.js';

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

/** Characters of the indentation of the deepest part that lines show well. */
const widest = 200;

/**
 * What `jsonOf` returned, in lines as `JSON.stringify` with an indentation of 2 writes them, all digits kept. JSON that
 * is deeper than 100 levels, or whose lines would be too long a text, stays one line.
 */
export function indented(json: string): string {
  try {
    return linesOf(json) ?? json;
  } catch (error) {
    if (error instanceof RangeError) return json;
    throw error;
  }
}

/** @returns undefined for what is too deep. */
function linesOf(json: string): string | undefined {
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
    if (indentation.length > widest + 1) return undefined;
    if (part === '}' || part === ']') lines += indentation = indentation.slice(0, -2);
    lines += part;
    if (opens || part === ',') lines += indentation;
    if (part === ':') lines += ' ';
    at = end;
  }
  return lines;
}
