/**
 * Series as a request of OTLP.
 */
import type { Family, Labels, Snapshot } from '../../series/snapshot.js';
import { type KeyValue, type Metric, type MetricsRequest, temporalities } from './message.js';

type Point = Family['points'][number];

export interface RequestOptions {
  readonly resource: Readonly<Record<string, string>>;
  readonly temporality: keyof typeof temporalities;
  /** From when a point counts, in Unix milliseconds. */
  readonly startedAt: (point: Point) => number;
}

/** @returns undefined where there is no point to send. */
export function metricsRequest(
  { families, at }: Snapshot,
  { resource, temporality, startedAt }: RequestOptions,
): MetricsRequest | undefined {
  const aggregationTemporality = temporalities[temporality];
  const timeUnixNano = nanoseconds(at);
  const common = (point: Point) => ({
    attributes: attributesOf(point.labels),
    startTimeUnixNano: nanoseconds(startedAt(point)),
    timeUnixNano,
  });
  const metrics = families
    .filter(({ points }) => points.length > 0)
    .map((family): Metric => {
      const named = { name: family.name, description: family.help };
      if (family.type === 'histogram') {
        const dataPoints = family.points.map((point) => ({
          ...common(point),
          ...totals(point),
          bucketCounts: Array.from(point.counts, BigInt),
          explicitBounds: family.bounds,
        }));
        return { ...named, histogram: { aggregationTemporality, dataPoints } };
      }
      if (family.type === 'exponential') {
        const dataPoints = family.points.map((point) => ({
          ...common(point),
          ...totals(point),
          scale: point.scale,
          zeroCount: BigInt(point.zeroCount),
          positive: { offset: point.offset, bucketCounts: Array.from(point.counts, BigInt) },
        }));
        return { ...named, exponentialHistogram: { aggregationTemporality, dataPoints } };
      }
      const dataPoints = family.points.map((point) => ({ ...common(point), asDouble: point.value }));
      if (family.type === 'gauge') return { ...named, gauge: { dataPoints } };
      return { ...named, sum: { aggregationTemporality, isMonotonic: true, dataPoints } };
    });
  if (metrics.length === 0) return undefined;
  const scopeMetrics = [{ scope: { name: 'batchflow-threads' }, metrics }] as const;
  const attributes = attributesOf(Object.entries(resource));
  return { resourceMetrics: [{ resource: { attributes }, scopeMetrics }] };
}

function totals({ count, sum }: { readonly count: number; readonly sum: number }) {
  return { count: BigInt(count), sum };
}

function attributesOf(labels: Labels): KeyValue[] {
  return labels.map(([key, value]) => ({ key, value: { stringValue: value.toWellFormed() } }));
}

/** Milliseconds as nanoseconds: a double has not enough digits. */
function nanoseconds(ms: number): bigint {
  return BigInt(Math.trunc(ms)) * 1_000_000n;
}
