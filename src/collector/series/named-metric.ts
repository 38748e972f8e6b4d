/**
 * The metric of a name that events bring along.
 */
import type { MetricDefinition } from './event-definition.js';
import type { SeriesMemory } from './series-memory.js';

export function namedMetric(
  { name, type }: Pick<MetricDefinition, 'name' | 'type'>,
  { buckets, bucketsByMetric }: Pick<SeriesMemory, 'buckets' | 'bucketsByMetric'>,
): MetricDefinition {
  const help = `A ${type} of the program.`;
  if (type !== 'histogram') return { name, help, type, value: 'value', scale: 1, isSigned: type === 'gauge' };
  const own = Object.hasOwn(bucketsByMetric, name) ? bucketsByMetric[name] : undefined;
  return { name, help, type, value: 'value', scale: 1, isSigned: true, buckets: own ?? buckets };
}
