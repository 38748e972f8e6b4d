/**
 * The events that every bench pushes: six fields, about 120 bytes as JSON, made from a seed before anything is
 * measured; and the checksum that every receiver adds up over all six.
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

/** The first event's time. Sums of what follows it stay exact in a double. */
export const epochMs = 1_700_000_000_000;

/**
 * Events of a pool, a power of two for the index. It is some 0.7 MB: more than the nearest cache holds, and on a server
 * no more than the next one, as a program pushes what it has just made. For most of 65,536 events a push waits,
 * and so does a copy of them.
 */
export const poolSize = 4096;

const methods = ['GET', 'POST', 'PUT', 'DELETE'];
const paths = Array.from({ length: 64 }, (_, i) => flat(`/api/v1/items/${i}`));
const statuses = [200, 200, 200, 200, 200, 201, 204, 304, 404, 500];

/** A text in one piece: one that was put together is copied when it is first used, which would be measured. */
function flat(text: string): string {
  return Buffer.from(text, 'latin1').toString('latin1');
}

/** `count` different events; the same ones for the same seed. */
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

/** A time of an event, as precise as sums of very many of them can be: in 64ths of a millisecond. */
export function exactMs(ms: number): number {
  return Math.round(ms * 64) / 64;
}

/**
 * What a receiver adds up of an event: a little of each field, so that the handler is not what is measured. Whole
 * 64ths, mostly below 2^17: sums of a thousand million of them are exact, in whatever order they are made.
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
 * What of an event is stored, in bytes: numbers as they are, 4 for a label, and for a text its characters and 4 for
 * where it ends.
 */
export function storedBytes({ message }: RequestEvent, withText: boolean): number {
  return 8 + 4 + 4 + 2 + 8 + (withText ? 4 + message.length : 0);
}
