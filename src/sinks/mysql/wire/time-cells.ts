/**
 * Cells of times: year, month, day, and the time of day to the microsecond, in UTC.
 */
import { isValid } from '../../../schema/columns/views/validity.js';
import { beginCell } from './cells.js';
import { fixed } from './fixed-cells.js';

const dayMs = 86_400_000;
const bytesOfTime = 11;

/** The first and the last moment that DATETIME holds, in milliseconds since 1970. */
const firstTime = -62_135_596_800_000;
const endOfTimes = 253_402_300_800_000;

/** Whether DATETIME holds a time: from year 1 to 9999. */
export function holdsTime(ms: number): boolean {
  return ms >= firstTime && ms < endOfTimes;
}

/** Of milliseconds since 1970 with their fraction. */
export const timeCells = fixed<ArrayLike<number>>(
  1 + bytesOfTime,
  ({ into, places, from, values, validity, lead }) => {
    const { bytes, view } = into;
    // Times of a batch are mostly of one day.
    let knownDay = Number.NaN;
    let year = 0;
    let month = 0;
    let date = 0;
    for (let i = 0; i < places.length; i++) {
      const at = beginCell(bytes, places, i, isValid(validity, from + i), lead, 1 + bytesOfTime);
      if (at < 0) continue;
      const ms = values[from + i] as number;
      let whole = Math.floor(ms);
      let micros = Math.round((ms - whole) * 1000);
      if (micros === 1000) {
        micros = 0;
        whole++;
      }
      const day = Math.floor(whole / dayMs);
      if (day !== knownDay) {
        knownDay = day;
        // Eras of 400 years begin in March of the year 0, so that leap days come last.
        const shifted = day + 719_468;
        const era = Math.floor(shifted / 146_097);
        const dayOfEra = shifted - era * 146_097;
        const yearOfEra = Math.floor(
          (dayOfEra -
            Math.floor(dayOfEra / 1460) +
            Math.floor(dayOfEra / 36_524) -
            Math.floor(dayOfEra / 146_096)) /
            365,
        );
        const dayOfYear =
          dayOfEra - (365 * yearOfEra + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100));
        const shiftedMonth = Math.floor((5 * dayOfYear + 2) / 153);
        date = dayOfYear - Math.floor((153 * shiftedMonth + 2) / 5) + 1;
        month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9;
        year = yearOfEra + 400 * era + (month <= 2 ? 1 : 0);
      }
      const inDay = whole - day * dayMs;
      const seconds = Math.floor(inDay / 1000);
      const minutes = Math.floor(seconds / 60);
      bytes[at] = bytesOfTime;
      view.setUint16(at + 1, year, true);
      bytes[at + 3] = month;
      bytes[at + 4] = date;
      bytes[at + 5] = Math.floor(minutes / 60);
      bytes[at + 6] = minutes % 60;
      bytes[at + 7] = seconds % 60;
      view.setUint32(at + 8, (inDay - seconds * 1000) * 1000 + micros, true);
    }
  },
);
