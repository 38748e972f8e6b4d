/**
 * ISO-8601 times, in the profile of RFC 3339: date, time and zone. `Date.parse` alone takes far more
 * ("1", "May"), reads a time without a zone in the server's own, and moves February 30 into March.
 */

const shape = /^\d{4}-\d\d-\d\dT\d\d:\d\d(?::\d\d(?:\.\d+)?)?(?:Z|[+-]\d\d:\d\d)$/;

/** Milliseconds since the epoch, or NaN when the text is not such a time. */
export function isoTimeMs(text: string): number {
  if (!shape.test(text)) return Number.NaN;
  const day = Number(text.slice(8, 10));
  if (day > 28 && day > daysOf(Number(text.slice(0, 4)), Number(text.slice(5, 7)))) return Number.NaN;
  return Date.parse(text);
}

function daysOf(year: number, month: number): number {
  // Day 0 of the next month. setUTCFullYear, because Date.UTC takes the years 0 to 99 for 1900 to 1999.
  return new Date(new Date(0).setUTCFullYear(year, month, 0)).getUTCDate();
}
