/**
 * How rows that have ended are counted: by a flusher, by a producer that evicts, and by the thread that cleans up after
 * either of them has died.
 */
import type { Counters, flusherCell, producerCell } from '../../metrics/cells/counters.js';
import { Settlement } from '../../metrics/cells/settlement.js';

/**
 * How a row's way may end; in this order rows are counted. `skipped`: committed, as the target had the row already;
 * such rows are counted as both.
 */
export const endings = [
  'committed',
  'deadLettered',
  'failed',
  'duplicates',
  'handedBack',
  'skipped',
] as const;
export type Ending = (typeof endings)[number];

/** Numbers of rows in the order of `endings`. */
export function counted(rows: Partial<Record<Ending, number>>): number[] {
  return endings.map((ending) => rows[ending] ?? 0);
}

/** How a flusher's settled rows are counted, by it and by who cleans up after it. */
export function settlementOf(counters: Counters<typeof flusherCell>): Settlement<typeof flusherCell> {
  return new Settlement(counters, endings);
}

/** How an eviction counts its rows. */
export function evictions(counters: Counters<typeof producerCell>): Settlement<typeof producerCell> {
  return new Settlement(counters, ['droppedOldest']);
}
