/**
 * The header `Retry-After` (RFC 9110, 10.2.3): a number of seconds, or a date.
 */

/**
 * How many milliseconds a target asks to wait; undefined where it does not, or says nothing that can be read.
 *
 * @param now the time, in milliseconds since the epoch.
 */
export function retryAfterMs(header: string | undefined, now: number): number | undefined {
  if (header === undefined) return undefined;
  const text = header.trim();
  if (/^\d{1,9}(\.\d+)?$/.test(text)) return Math.ceil(Number(text) * 1000);
  // Dates have a name of a month; Date.parse would take much else for one.
  if (!/[a-z]{3}/i.test(text)) return undefined;
  const at = Date.parse(text);
  return Number.isNaN(at) ? undefined : Math.max(0, at - now);
}
