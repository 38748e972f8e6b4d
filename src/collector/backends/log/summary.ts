/**
 * What a summary says: events of each type, as series have counted them.
 */
import type { Family, Snapshot } from '../../series/snapshot.js';

/** Metrics that count events of one type, by what the line calls them. */
const counting: Readonly<Record<string, string>> = {
  http_requests_total: 'HTTP requests',
  backend_requests_total: 'backend requests',
  health_checks_total: 'health checks',
  cache_operations_total: 'cache metrics',
};
/** Each has a counter above, but for what health checks found. */
const beside = /^(http_request|backend_request|health_check)_duration_seconds$|^health_check_healthy$/;

const kinds = [...Object.values(counting), 'counters', 'histograms'] as const;

export type Counts = ReadonlyMap<string, number>;

/**
 * What was recorded since the collector's start. Of counters the values are known and not the events, so their
 * increments are summed up.
 */
export function countsOf({ families }: Snapshot): Counts {
  const counts = new Map<string, number>(kinds.map((kind) => [kind, 0]));
  for (const family of families) {
    const kind = kindOf(family);
    if (kind === undefined) continue;
    let sum = counts.get(kind) as number;
    for (const point of family.points) sum += 'count' in point ? point.count : point.value;
    counts.set(kind, sum);
  }
  return counts;
}

/** The original's line; undefined where nothing was recorded. Series that have expired count as nothing. */
export function summaryLine(now: Counts, before: Counts): string | undefined {
  const added = kinds.map(
    (kind) => [kind, Math.max(0, (now.get(kind) ?? 0) - (before.get(kind) ?? 0))] as const,
  );
  if (added.every(([, count]) => count === 0)) return undefined;
  return `Batch metrics summary: ${added.map(([kind, count]) => `${count} ${kind}`).join(', ')}`;
}

function kindOf({ name, type }: Family): string | undefined {
  if (Object.hasOwn(counting, name)) return counting[name];
  if (type === 'gauge' || beside.test(name)) return undefined;
  return type === 'counter' ? 'counters' : 'histograms';
}
