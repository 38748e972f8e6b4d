/**
 * Measurements, tags and keys in line protocol: what stands without quotes.
 *
 * A comma, an equals sign and a space are escaped by a backslash, which is a character like others elsewhere. So there
 * is no way to say a backslash before one of them or at the end, nor the end of a line.
 */

/** What cannot be said. */
const bad = /\\(?=[\\,= ]|$)|[\n\r]/g;
const special = /[,= ]/g;
const specialOfMeasurement = /[, ]/g;
const replacement = '\ufffd';

/** Whether a text has characters that cannot be said, or half a surrogate pair. */
export function isBadKey(text: string): boolean {
  return text.search(bad) >= 0 || !text.isWellFormed();
}

/**
 * Whether a name of a measurement, a tag or a field cannot be said. InfluxDB also skips white space and NUL in front,
 * takes `#` for the begin of a comment, and a backslash from in front of a quote.
 */
export function isBadName(name: string): boolean {
  return name === '' || isBadKey(name) || /^[\t\0#]|\\"/.test(name);
}

/** A tag's key or value, or a field's key, with U+FFFD for what cannot be said. */
export function keyText(text: string): string {
  return text.toWellFormed().replace(bad, replacement).replace(special, '\\$&');
}

/** A measurement's name, which can be said. */
export function measurementText(name: string): string {
  return name.replace(specialOfMeasurement, '\\$&');
}
