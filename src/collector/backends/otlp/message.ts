/**
 * The messages of OTLP metrics (opentelemetry/proto/metrics/v1/metrics.proto), as far as a collector needs them.
 *
 * Members have the names of OTLP's JSON form, so that `JSON.stringify` needs only to know what JSON cannot say.
 */

/** A number of 64 bits, in JSON a text. */
export type Fixed64 = bigint;

export interface KeyValue {
  readonly key: string;
  readonly value: { readonly stringValue: string };
}

interface DataPoint {
  readonly attributes: readonly KeyValue[];
  readonly startTimeUnixNano: Fixed64;
  readonly timeUnixNano: Fixed64;
}

export interface NumberDataPoint extends DataPoint {
  readonly asDouble: number;
}

export interface HistogramDataPoint extends DataPoint {
  readonly count: Fixed64;
  readonly sum: number;
  readonly bucketCounts: readonly Fixed64[];
  readonly explicitBounds: readonly number[];
}

export interface ExponentialDataPoint extends DataPoint {
  readonly count: Fixed64;
  readonly sum: number;
  readonly scale: number;
  readonly zeroCount: Fixed64;
  readonly positive: { readonly offset: number; readonly bucketCounts: readonly Fixed64[] };
}

/** AGGREGATION_TEMPORALITY_… */
export const temporalities = { delta: 1, cumulative: 2 } as const;
type TemporalityCode = (typeof temporalities)[keyof typeof temporalities];

interface Aggregated<P> {
  readonly aggregationTemporality: TemporalityCode;
  readonly dataPoints: readonly P[];
}

export interface Metric {
  readonly name: string;
  readonly description: string;
  readonly gauge?: { readonly dataPoints: readonly NumberDataPoint[] };
  readonly sum?: Aggregated<NumberDataPoint> & { readonly isMonotonic: true };
  readonly histogram?: Aggregated<HistogramDataPoint>;
  readonly exponentialHistogram?: Aggregated<ExponentialDataPoint>;
}

export interface MetricsRequest {
  readonly resourceMetrics: readonly [
    {
      readonly resource: { readonly attributes: readonly KeyValue[] };
      readonly scopeMetrics: readonly [
        { readonly scope: { readonly name: string }; readonly metrics: readonly Metric[] },
      ];
    },
  ];
}

/** OTLP's JSON: numbers of 64 bits are texts, and so is what JSON has no numbers for. */
export function jsonOf(request: MetricsRequest): string {
  return JSON.stringify(request, (_key, value: unknown) => {
    if (typeof value === 'bigint') return String(value);
    return typeof value === 'number' && !Number.isFinite(value) ? String(value) : value;
  });
}
