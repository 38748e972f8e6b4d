/**
 * What the live page shows of a series: its rate since an earlier look, its value, its quantiles.
 */
import type {
  ExponentialPoint,
  Family,
  HistogramPoint,
  Labels,
  Snapshot,
} from '../../collector/series/snapshot.js';
import { round } from '../live/figures.js';
import { quantile } from '../live/quantiles.js';

type Point = Family['points'][number];

/** One series at one moment. */
export interface Look {
  readonly name: string;
  readonly type: 'counter' | 'gauge' | 'histogram';
  readonly seenAt: number;
  readonly family: Family;
  readonly point: Point;
}

export type Values = readonly [
  value: number | null,
  p50?: number | null,
  p95?: number | null,
  p99?: number | null,
];

const shares = [0.5, 0.95, 0.99] as const;

/** All series of a snapshot, by their names with labels. */
export function looksOf({ families }: Snapshot): Map<string, Look> {
  const looks = new Map<string, Look>();
  for (const family of families) {
    const type = family.type === 'exponential' ? 'histogram' : family.type;
    for (const point of family.points) {
      const name = nameOf(family.name, point.labels);
      looks.set(name, { name, type, seenAt: point.seenAt, family, point });
    }
  }
  return looks;
}

/**
 * The values of a series.
 *
 * @param before the same series at an earlier look; undefined for a new one.
 * @param seconds since that look; undefined at the first.
 */
export function valuesOf(now: Look, before: Look | undefined, seconds: number | undefined): Values {
  if ('value' in now.point) {
    if (now.type === 'gauge') return [round(now.point.value)];
    const earlier = before !== undefined && 'value' in before.point ? before.point.value : 0;
    return [rate(now.point.value - earlier, seconds)];
  }
  const earlier = before !== undefined && 'count' in before.point ? before.point : undefined;
  const { count } = now.point;
  const buckets = seconds === undefined ? undefined : bucketsSince(now, earlier);
  const quantiles = shares.map((share) =>
    buckets === undefined ? null : round(quantile(share, buckets.bounds, buckets.counts)),
  );
  return [rate(count - (earlier?.count ?? 0), seconds), ...quantiles] as unknown as Values;
}

function rate(difference: number, seconds: number | undefined): number | null {
  return seconds === undefined ? null : round(Math.max(0, difference) / seconds);
}

function bucketsSince({ family, point }: Look, before: HistogramPoint | ExponentialPoint | undefined) {
  if (family.type === 'exponential') return exponentialSince(point as ExponentialPoint, before);
  if (family.type !== 'histogram') return undefined;
  const { counts } = point as HistogramPoint;
  return { bounds: family.bounds, counts: differences(counts, before?.counts) };
}

/** Nothing where the buckets have become wider since: they cannot be compared. */
function exponentialSince(now: ExponentialPoint, before: HistogramPoint | ExponentialPoint | undefined) {
  if (before !== undefined && !('scale' in before)) return undefined;
  if (before !== undefined && (before.scale !== now.scale || before.offset !== now.offset)) return undefined;
  const base = 2 ** (2 ** -now.scale);
  const bounds = Array.from({ length: now.counts.length + 1 }, (_, i) => base ** (now.offset + i));
  const zeros = now.zeroCount - (before?.zeroCount ?? 0);
  return { bounds, counts: [zeros, ...differences(now.counts, before?.counts), 0] };
}

function differences(now: ArrayLike<number>, before: ArrayLike<number> | undefined): number[] {
  return Array.from(now, (count, i) => Math.max(0, count - (before?.[i] ?? 0)));
}

function nameOf(name: string, labels: Labels): string {
  const pairs = labels.map(([label, value]) => `${label}=${JSON.stringify(value)}`);
  return pairs.length === 0 ? name : `${name}{${pairs.join(',')}}`;
}
