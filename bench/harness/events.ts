/**
 * The events that every bench pushes, and the checksum that every handler adds up over all their fields. They have six
 * fields, about 120 bytes as JSON, and are made from a seed before anything is measured.
 */
import { defineSchema, type EventOf, type RowOf, t } from '../../src/index.js';
import { Random } from './random.js';

export const Request = defineSchema('requests', {
  at: t.timestamp(),
  method: t.label(),
  path: t.label(),
  status: t.uint16(),
  durationMs: t.float64(),
  message: t.string(),
});

export type RequestEvent = RowOf<typeof Request> & EventOf<typeof Request>;

/** Time of the first event. Times are summed relative to it, so that the sums stay exact in a double. */
export const epochMs = 1_700_000_000_000;

/**
 * Number of events of a pool, a power of two for the index. They take some 0.7 MB, which the second cache of a server
 * holds, as it holds the events that a program has just made. With 65,536 events most pushes would wait for memory.
 */
export const poolSize = 4096;

const methods = ['GET', 'POST', 'PUT', 'DELETE'];
const paths = Array.from({ length: 64 }, (_, i) => flat(`/api/v1/items/${i}`));
const statuses = [200, 200, 200, 200, 200, 201, 204, 304, 404, 500];

/** A text in one piece. A concatenated text is copied when it is first used, and that copy would be measured. */
function flat(text: string): string {
  return Buffer.from(text, 'latin1').toString('latin1');
}

/** As many different events as `count`; the same seed gives the same events. */
export function requests(count: number, seed = 1): RequestEvent[] {
  const random = new Random(seed);
  return Array.from({ length: count }, (_, i) => {
    const path = random.pick(paths);
    const status = random.pick(statuses);
    const user = random.between(1000, 99_999);
    return {
      at: epochMs + i,
      method: random.pick(methods),
      path,
      status,
      // Eighths: their sums are exact.
      durationMs: random.between(0, 7999) / 8,
      message: flat(`user ${user} asked for page ${random.between(1, 999)}: done`),
    };
  });
}

/** Milliseconds rounded to 64ths, whose sums over very many events are exact. */
export function exactMs(ms: number): number {
  return Math.round(ms * 64) / 64;
}

/**
 * The number that a handler adds up for an event. It takes little of each field, so that the handler costs little. It
 * is in whole 64ths, mostly below 2^17: a sum of 10^9 checksums is exact in any order.
 */
export function checksum(
  at: number,
  method: string,
  path: string,
  status: number,
  durationMs: number,
  message: string,
): number {
  // The product finds fields that came from different events.
  return (
    at -
    epochMs +
    textSum(method) +
    3 * textSum(path) +
    5 * textSum(message) +
    7 * durationMs +
    status * message.length
  );
}

function textSum(text: string): number {
  const { length } = text;
  return length + text.charCodeAt(0) + text.charCodeAt(length >> 1) + 2 * text.charCodeAt(length - 1);
}

/** The checksum of an event as an object. */
export function checksumOf(event: RequestEvent): number {
  return checksum(event.at, event.method, event.path, event.status, event.durationMs, event.message);
}

/**
 * Bytes that a block stores for an event: numbers at their size, 4 for a label, and for a text its characters and 4 for
 * its end.
 */
export function storedBytes({ message }: RequestEvent, withText: boolean): number {
  return 8 + 4 + 4 + 2 + 8 + (withText ? 4 + message.length : 0);
}
