/**
 * A Prometheus metric of a flow: its name, its type, what it means, and its samples. And the ways to make samples.
 */
import type { HistogramData } from '../cells/histogram.js';
import type { FlusherMeasures } from '../cells/meters.js';
import type { SinkTarget } from '../cells/operations.js';
import type { FlowMetrics } from '../read/flow-metrics.js';
import type { LoopDelayData } from '../read/loop-delay.js';
import type { FlusherCounts } from '../read/stats.js';

export type Labels = Readonly<Record<string, string>>;

/** One number, or one histogram, with the labels that tell it from others of its family. */
export interface Sample {
  readonly labels: Labels;
  readonly value: number | HistogramData;
}

/** All that a scrape shows of a flow. */
export type Reading = FlowMetrics & { readonly loop: LoopDelayData };

export interface Family {
  readonly name: string;
  readonly type: 'counter' | 'gauge' | 'histogram';
  readonly help: string;
  /** How values of several processes become one. Default: they are added up. */
  readonly aggregator?: 'max';
  samples(reading: Reading): Sample[];
  /** The same for each flusher; only where a flusher has numbers of its own. */
  samplesOf?(flusher: FlowMetrics['flushers'][number], target: SinkTarget): Sample[];
  /** The same for each schema; only where a schema has numbers of its own. */
  samplesOfSchema?(schema: FlusherMeasures, target: SinkTarget): Sample[];
}

export const one = (value: number | HistogramData, labels: Labels = {}): Sample[] => [{ labels, value }];
export const by = (label: string, counts: Readonly<Record<string, number>>): Sample[] =>
  Object.entries(counts).map(([name, value]) => ({ labels: { [label]: name }, value }));

/** A family that every flusher measures of each schema, and the sum of all. */
export function measured(
  type: Family['type'],
  name: string,
  help: string,
  samples: (measures: FlusherMeasures, target: SinkTarget) => Sample[],
): Family {
  return {
    ...{ name, type, help },
    samples: ({ total, target }) => samples(total, target),
    samplesOf: samples,
    samplesOfSchema: samples,
  };
}

/** A family that every flusher counts, whatever the schema, and the sum of all. */
export function counted(
  type: Family['type'],
  name: string,
  help: string,
  samples: (counts: FlusherCounts) => Sample[],
): Family {
  return { name, type, help, samples: ({ total }) => samples(total), samplesOf: samples };
}
