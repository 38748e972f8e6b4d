/**
 * The metrics of `concurrencyLimit`: its permits, those that are held, and flushers that wait for one. A flow without a
 * limit has no samples. Flows that share a limit show the same numbers, so those of several processes are not added up.
 */
import type { FlowMetrics } from '../read/flow-metrics.js';
import { type Family, one } from './family.js';

export const permitFamilies: readonly Family[] = [
  permits(
    'concurrency_permits',
    'Batches that may work at one time, of all flows that share the limit.',
    'permits',
  ),
  permits('concurrency_permits_held', 'Of these, those that work now.', 'held'),
  permits('concurrency_permits_waiting', 'Flushers that wait for a permit.', 'waiting'),
];

function permits(name: string, help: string, of: keyof NonNullable<FlowMetrics['limit']>): Family {
  return {
    ...{ name, type: 'gauge', help, aggregator: 'max' },
    samples: ({ limit }) => (limit === undefined ? [] : one(limit[of])),
  };
}
