/**
 * Times as text: `2025-01-31T12:00:00.000Z`, with six digits behind the point where a time has parts of a millisecond.
 */
import type { WireBuffer } from '../wire/wire-buffer.js';
import { writeAscii, writeDigits } from './number-text.js';

const letterZ = 0x5a;

/** Writes times of a column. Rows of one second share its text. */
export function timeWriter(values: Float64Array): (into: WireBuffer, row: number) => void {
  let second = Number.NaN;
  let text = '';
  return (into, row) => {
    const ms = values[row] as number;
    let full = Math.floor(ms);
    // Doubles of today's times hold 4096 parts of a millisecond: a microsecond is near one of them, below or above it.
    let micros = Math.round((ms - full) * 1000);
    if (micros === 1000) {
      micros = 0;
      full++;
    }
    const whole = Math.floor(full / 1000);
    if (whole !== second) {
      second = whole;
      text = new Date(whole * 1000).toISOString().slice(0, -'000Z'.length);
    }
    writeAscii(into, text);
    into.reserve(7);
    const { bytes } = into;
    let at = writeDigits(bytes, into.at, full - whole * 1000, 3);
    if (micros > 0) at = writeDigits(bytes, at, micros, 3);
    bytes[at] = letterZ;
    into.at = at + 1;
  };
}
