/**
 * Times as ISO 8601 texts in UTC: `2026-01-31T12:00:00.123Z`, with six digits where a time has microseconds.
 */

import { sourceOf } from './copy-bytes.js';
import { writeAscii } from './number-texts.js';
import type { TextCells } from './text-cells.js';

const dayMs = 86_400_000;
/** `+275760-09-13T00:00:00.000000Z`. */
const longestTime = 30;

/** Of milliseconds since 1970 with their fraction. */
export function isoTexts(values: Float64Array): TextCells {
  const rows = values.length;
  const bytes = Buffer.allocUnsafe(rows * longestTime);
  const starts = new Int32Array(rows);
  const ends = new Int32Array(rows);
  // Times of a batch are mostly of one day.
  let knownDay = Number.NaN;
  let date = '';
  let at = 0;
  for (let i = 0; i < rows; i++) {
    starts[i] = at;
    const ms = values[i] as number;
    let whole = Math.floor(ms);
    let micros = Math.round((ms - whole) * 1000);
    if (micros === 1000) {
      micros = 0;
      whole++;
    }
    const day = Math.floor(whole / dayMs);
    if (day !== knownDay) {
      knownDay = day;
      const text = new Date(day * dayMs).toISOString();
      date = text.slice(0, text.indexOf('T') + 1);
    }
    at = writeAscii(bytes, at, date);
    const inDay = whole - day * dayMs;
    const seconds = Math.floor(inDay / 1000);
    const minutes = Math.floor(seconds / 60);
    at = writePair(bytes, at, Math.floor(minutes / 60), 0x3a);
    at = writePair(bytes, at, minutes % 60, 0x3a);
    at = writePair(bytes, at, seconds % 60, 0x2e);
    at = writeThree(bytes, at, inDay - seconds * 1000);
    if (micros > 0) at = writeThree(bytes, at, micros);
    bytes[at++] = 0x5a;
    ends[i] = at;
  }
  return { source: sourceOf(bytes), starts, ends };
}

/** Two digits, and a character behind them. */
function writePair(bytes: Uint8Array, at: number, value: number, behind: number): number {
  bytes[at] = 0x30 + Math.floor(value / 10);
  bytes[at + 1] = 0x30 + (value % 10);
  bytes[at + 2] = behind;
  return at + 3;
}

function writeThree(bytes: Uint8Array, at: number, value: number): number {
  bytes[at] = 0x30 + Math.floor(value / 100);
  bytes[at + 1] = 0x30 + (Math.floor(value / 10) % 10);
  bytes[at + 2] = 0x30 + (value % 10);
  return at + 3;
}
