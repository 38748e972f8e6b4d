/**
 * What became of a collector's events, as families beside those of its series. The creating thread alone knows them
 * all.
 */
import type { CollectorStats } from './collector-stats.js';
import { ownTotal } from './events/own-groups.js';
import type { Family } from './series/snapshot.js';

export function ownTotals(stats: CollectorStats, at: number): Family[] {
  const states = { processed: stats.processed, dropped: stats.dropped, failed: stats.failed };
  const number = (value: number, ...labels: (readonly [string, string])[]) => ({ labels, value, seenAt: at });
  return [
    {
      type: 'counter',
      name: ownTotal.events,
      help: 'Events by what became of them: counted, dropped as the buffer was full, or not fit to be counted.',
      points: Object.entries(states).map(([state, events]) => number(events, ['state', state])),
    },
    {
      type: 'gauge',
      name: ownTotal.pending,
      help: 'Events that wait to be counted.',
      points: [number(stats.pending)],
    },
    {
      type: 'counter',
      name: ownTotal.batches,
      help: 'Batches of events that were counted.',
      points: [number(stats.batches)],
    },
  ];
}
