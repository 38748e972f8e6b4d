/**
 * Events of fewer fields than those of all benches: four numbers, and the six fields without the text.
 */
import { defineSchema, t } from '../../src/index.js';
import type { RequestEvent } from '../harness/events.js';

export const Numbers = defineSchema('numbers', {
  at: t.timestamp(),
  status: t.uint16(),
  durationMs: t.float64(),
  bytes: t.uint32(),
});

/** Bytes of an event of four numbers. */
export const numbersBytes = 8 + 2 + 8 + 4;

/** The six fields without the text. */
export const Labels = defineSchema('labels', {
  at: t.timestamp(),
  method: t.label(),
  path: t.label(),
  status: t.uint16(),
  durationMs: t.float64(),
});

export interface NumbersEvent {
  readonly at: number;
  readonly status: number;
  readonly durationMs: number;
  readonly bytes: number;
}

export function numbersOf({ at, status, durationMs, message }: RequestEvent): NumbersEvent {
  return { at, status, durationMs, bytes: 100_000 + message.length };
}
