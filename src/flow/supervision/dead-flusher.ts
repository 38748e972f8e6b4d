/**
 * Cleans up after a flusher whose thread has died: what it had settled is counted, what it had taken waits again.
 */
import { Counters, flusherCell } from '../../metrics/cells/counters.js';
import { BlockClaims } from '../../ring/block-claims.js';
import { releaseClaims } from '../../ring/recovery.js';
import { RingControl } from '../../ring/ring-control.js';
import { SleepNotes } from '../../ring/sleep-notes.js';
import type { FlowOptions } from '../config/resolve.js';
import { counted, settlementOf } from '../shared/settlements.js';
import { claimerOf, type SharedFlow, sinkCellsOf, writerOf } from '../shared/shared-flow.js';
import type { LimitPlaces } from './limit-places.js';

export interface Flusher {
  /** From 1. */
  readonly number: number;
  /** The memory of its ring. */
  readonly shared: SharedFlow;
}

export function countersOf({ number, shared }: Flusher): Counters<typeof flusherCell> {
  return new Counters(shared.counters, writerOf(shared, number), flusherCell);
}

/** Settle rows that had ended when the flusher died, and count it as holding none any more. */
export function settleAccounts(flusher: Flusher, sink: FlowOptions['sink']): Counters<typeof flusherCell> {
  const { number, shared } = flusher;
  const counters = countersOf(flusher);
  const claims = new BlockClaims(shared.ring, claimerOf(shared, number));
  const settlement = settlementOf(counters);
  settlement.recover((block, to) => claims.settle(block, to));
  sinkCellsOf(shared, sink, number)?.recover((block, to) => {
    const committed = to - claims.waiting(block, 0).from;
    if (committed === 0) return;
    settlement.begin(block, to, counted({ committed }));
    claims.settle(block, to);
    settlement.end();
  });
  counters.set('inFlight', 0);
  counters.set('inFlightBatches', 0);
  counters.set('circuit', 0);
  counters.set('unkept', 0);
  return counters;
}

/**
 * Clean up, before a flusher takes the place of the dead one.
 *
 * @returns how many rows go again.
 */
export function recover(
  flusher: Flusher,
  sink: FlowOptions['sink'],
  places: Pick<LimitPlaces, 'cleanUp'>,
): number {
  const { number, shared } = flusher;
  // Before the claims are released: another flusher would take rows that have ended.
  const counters = settleAccounts(flusher, sink);
  places.cleanUp(number);
  const redelivered = releaseClaims(shared.ring, claimerOf(shared, number));
  counters.add('redelivered', redelivered);
  counters.add('restarts', 1);
  const notes = new SleepNotes(shared.sleeps, claimerOf(shared, number));
  notes.retireAll(new RingControl(shared.ring));
  return redelivered;
}
