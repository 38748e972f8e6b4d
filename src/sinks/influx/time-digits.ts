/**
 * The time of a point: a whole number in the unit of the options.
 */
import { writeAscii, writeDigits, writeWhole } from '../encode/number-text.js';
import type { WireBuffer } from '../wire/wire-buffer.js';
import type { Precision } from './options.js';

/** What the server holds, in milliseconds: nanoseconds of 64 bits. */
export const mostMs = 9_223_372_036_854;

/** Digits behind those of milliseconds. */
const digits = { ns: 6, us: 3, ms: 0, s: -3 } as const satisfies Record<Precision, number>;

/** A shift is below one millisecond, or below one microsecond of times that have parts of a millisecond. */
const shifts = 1_000_000;

/**
 * Write a time.
 *
 * @param shift what is added to it by the row's identity, in nanoseconds; only where the unit is `ns`.
 */
export function writeTime(into: WireBuffer, ms: number, precision: Precision, shift = 0): void {
  const full = Math.floor(ms);
  const places = digits[precision];
  if (places <= 0) {
    writeWhole(into, places === 0 ? full : Math.floor(full / 1000));
    return;
  }
  const unit = 10 ** places;
  const part = Math.min(unit - 1, Math.round((ms - full) * unit));
  const rest = shift === 0 ? part : shifted(part, shift);
  if (full <= 0) {
    writeAscii(into, String(BigInt(full) * BigInt(unit) + BigInt(rest)));
    return;
  }
  writeWhole(into, full);
  into.reserve(places);
  into.at = writeDigits(into.bytes, into.at, rest, places);
}

function shifted(nanoseconds: number, shift: number): number {
  if (nanoseconds === 0) return shift % shifts;
  return nanoseconds - (nanoseconds % 1000) + (shift % 1000);
}
