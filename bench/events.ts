/**
 * The events that are pushed: six fields, about 110 bytes as JSON, made before anything is measured.
 */
import { defineSchema, type EventOf, t } from '../src/index.js';

export const Request = defineSchema('requests', {
  at: t.timestamp(),
  method: t.label(),
  path: t.label(),
  status: t.uint16(),
  durationMs: t.float64(),
  message: t.string(),
});

export type RequestEvent = EventOf<typeof Request>;

const methods = ['GET', 'POST', 'PUT', 'DELETE'];

/** `count` different events; the same ones each time. */
export function requests(count: number): RequestEvent[] {
  return Array.from({ length: count }, (_, i) => ({
    at: 1_700_000_000_000 + i,
    method: methods[i % methods.length] as string,
    path: `/items/${i % 50}`,
    status: i % 10 === 0 ? 404 : 200,
    durationMs: (i % 1000) / 8,
    message: `request ${i} of ${i % 997} done`,
  }));
}

/** What a receiver adds up of an event, so that reading it cannot be skipped. */
export function checksum(status: number, message: string): number {
  return status + message.length;
}
