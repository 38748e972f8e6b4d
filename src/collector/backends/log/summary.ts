/**
 * What a summary says: events of each type, as series have counted them.
 */
import type { Family, Snapshot } from '../../series/snapshot.js';
import { seriesKey } from '../plain-labels.js';

/** Metrics that count events of one type, by what the line calls them. */
const counting: Readonly<Record<string, string>> = {
  http_requests_total: 'HTTP requests',
  backend_requests_total: 'backend requests',
  health_checks_total: 'health checks',
  cache_operations_total: 'cache metrics',
};
/** Each has a counter above, but for what health checks found, and what a collector counts of itself. */
const beside =
  /^(http_request|backend_request|health_check)_duration_seconds$|^health_check_healthy$|^batchflow_collector_/;

const kinds = [...Object.values(counting), 'counters', 'histograms'] as const;

/** What was recorded of one series since the collector's start. */
interface Counted {
  readonly kind: string;
  readonly count: number;
}

/** By the keys of series. */
export type Counts = ReadonlyMap<string, Counted>;

/** Of counters the values are known and not the events, so their increments are summed up. */
export function countsOf({ families }: Snapshot): Counts {
  const counts = new Map<string, Counted>();
  for (const family of families) {
    const kind = kindOf(family);
    if (kind === undefined) continue;
    for (const point of family.points)
      counts.set(seriesKey(family.name, point.labels), {
        kind,
        count: 'count' in point ? point.count : point.value,
      });
  }
  return counts;
}

/** The original's line; undefined where nothing was recorded. */
export function summaryLine(now: Counts, before: Counts): string | undefined {
  const added = new Map<string, number>(kinds.map((kind) => [kind, 0]));
  for (const [series, { kind, count }] of now)
    added.set(kind, (added.get(kind) as number) + Math.max(0, count - (before.get(series)?.count ?? 0)));
  const parts = [...added];
  if (parts.every(([, count]) => count === 0)) return undefined;
  return `Batch metrics summary: ${parts.map(([kind, count]) => `${count} ${kind}`).join(', ')}`;
}

function kindOf({ name, type }: Family): string | undefined {
  if (Object.hasOwn(counting, name)) return counting[name];
  if (type === 'gauge' || beside.test(name)) return undefined;
  return type === 'counter' ? 'counters' : 'histograms';
}
