/**
 * Checks whether a text is JSON, by the grammar of `JSON.parse`, without making a value or an error: for lines of
 * which only the number matters.
 *
 * `JSON.parse` reports a bad line by an error with a message and a script for its position. That costs ten times as
 * much as a short good line, even without a stack (Node 20).
 */
import { afterBlanks } from '../schema/codec/json-scan.js';

const quote = 0x22;
const comma = 0x2c;
const minus = 0x2d;
const point = 0x2e;
const zero = 0x30;
const colon = 0x3a;
const openBracket = 0x5b;
const backslash = 0x5c;
const closeBracket = 0x5d;
const openBrace = 0x7b;
const closeBrace = 0x7d;
/** The bit that makes a capital letter of ASCII small. */
const small = 0x20;

/** The functions below return the index behind what they read, or this. */
const no = -1;

/** The closing characters of all open arrays and objects; shared by all calls, as none of them waits. */
let closers = new Uint8Array(64);

/** @returns whether `text` from `start` to `end` is one JSON value, white space around it included. */
export function isJson(text: string, start: number, end: number): boolean {
  let depth = 0;
  let at = start;
  for (;;) {
    // Here a value begins.
    at = afterBlanks(text, at, end);
    if (at >= end) return false;
    const first = text.charCodeAt(at);
    if (first === openBrace || first === openBracket) {
      const closer = first === openBrace ? closeBrace : closeBracket;
      at = afterBlanks(text, at + 1, end);
      if (at >= end) return false;
      if (text.charCodeAt(at) !== closer) {
        if (closer === closeBrace) at = afterKey(text, at, end);
        if (at === no) return false;
        push(depth++, closer);
        continue;
      }
      at++;
    } else {
      at = afterScalar(text, at, end, first);
      if (at === no) return false;
    }
    // Here a value has ended, and perhaps the arrays and objects around it.
    for (;;) {
      at = afterBlanks(text, at, end);
      if (depth === 0) return at === end;
      if (at >= end) return false;
      const next = text.charCodeAt(at++);
      const closer = closers[depth - 1];
      if (next === comma) {
        if (closer === closeBrace) at = afterKey(text, afterBlanks(text, at, end), end);
        if (at === no) return false;
        break;
      }
      if (next !== closer) return false;
      depth--;
    }
  }
}

function push(depth: number, closer: number): void {
  if (depth === closers.length) {
    const grown = new Uint8Array(2 * depth);
    grown.set(closers);
    closers = grown;
  }
  closers[depth] = closer;
}

/** A key and its colon. */
function afterKey(text: string, from: number, end: number): number {
  if (from >= end || text.charCodeAt(from) !== quote) return no;
  const key = afterString(text, from + 1, end);
  if (key === no) return no;
  const at = afterBlanks(text, key, end);
  return at < end && text.charCodeAt(at) === colon ? at + 1 : no;
}

function afterScalar(text: string, at: number, end: number, first: number): number {
  if (first === quote) return afterString(text, at + 1, end);
  if (first === minus || isDigit(first)) return afterNumber(text, at, end);
  const word = first === 0x74 ? 'true' : first === 0x66 ? 'false' : 'null';
  return text.startsWith(word, at) && at + word.length <= end ? at + word.length : no;
}

/** @param from behind the opening quote. */
function afterString(text: string, from: number, end: number): number {
  for (let at = from; at < end; at++) {
    const code = text.charCodeAt(at);
    if (code === quote) return at + 1;
    if (code < 0x20) return no;
    if (code !== backslash) continue;
    at++;
    if (at >= end) return no;
    if (text[at] === 'u') {
      for (const last = at + 4; at < last; ) {
        at++;
        if (at >= end || !isHexDigit(text.charCodeAt(at))) return no;
      }
    } else if (!'"\\/bfnrt'.includes(text[at] as string)) return no;
  }
  return no;
}

function afterNumber(text: string, from: number, end: number): number {
  let at = text.charCodeAt(from) === minus ? from + 1 : from;
  const whole = at;
  at = afterDigits(text, at, end);
  if (at === whole || (at > whole + 1 && text.charCodeAt(whole) === zero)) return no;
  if (at < end && text.charCodeAt(at) === point) {
    const fraction = at + 1;
    at = afterDigits(text, fraction, end);
    if (at === fraction) return no;
  }
  if (at < end && (text.charCodeAt(at) | small) === 0x65) {
    at++;
    if (at < end && (text[at] === '+' || text[at] === '-')) at++;
    const exponent = at;
    at = afterDigits(text, exponent, end);
    if (at === exponent) return no;
  }
  return at;
}

function afterDigits(text: string, from: number, end: number): number {
  let at = from;
  while (at < end && isDigit(text.charCodeAt(at))) at++;
  return at;
}

function isDigit(code: number): boolean {
  return code >= zero && code <= 0x39;
}

function isHexDigit(code: number): boolean {
  const letter = code | small;
  return isDigit(code) || (letter >= 0x61 && letter <= 0x66);
}
