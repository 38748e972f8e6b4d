/**
 * Families of a collector as the time series of Prometheus: a histogram is a series a bucket, its sum and its count;
 * an exponential one is one series of native histograms.
 */
import type { ExponentialPoint, Family, Labels, Snapshot } from '../../series/snapshot.js';
import { bucketsUpTo } from '../float-text.js';
import { byName, plainLabels } from '../plain-labels.js';

export interface TimeSeries {
  /** With `__name__`, sorted as the receiver wants them. */
  readonly labels: Labels;
  readonly value: number | ExponentialPoint;
}

/** @param external labels of all series that have none of the same name. */
export function* timeSeriesOf({ families }: Snapshot, external: Labels): Generator<TimeSeries> {
  for (const family of families) yield* ofFamily(family, (labels) => labelsOf(labels, external));
}

type WithName = (labels: Labels) => (name: string, le?: string) => Labels;

function* ofFamily(family: Family, labelled: WithName): Generator<TimeSeries> {
  const { name, type } = family;
  switch (type) {
    case 'counter':
    case 'gauge':
      for (const { labels, value } of family.points) yield { labels: labelled(labels)(name), value };
      break;
    case 'exponential':
      for (const point of family.points) yield { labels: labelled(point.labels)(name), value: point };
      break;
    case 'histogram': {
      for (const { labels, counts, sum, count } of family.points) {
        const named = labelled(labels);
        for (const [le, value] of bucketsUpTo(family.bounds, counts))
          yield { labels: named(`${name}_bucket`, le), value };
        yield { labels: named(`${name}_sum`), value: sum };
        yield { labels: named(`${name}_count`), value: count };
      }
    }
  }
}

const reserved = new Set(['__name__', 'le']);

function labelsOf(labels: Labels, external: Labels): ReturnType<WithName> {
  const own = plainLabels(labels, reserved);
  const all = [...external.filter(([name]) => !own.some(([has]) => has === name)), ...own];
  return (name, le) => {
    const added: Labels = [['__name__', name], ...(le === undefined ? [] : [['le', le] as const])];
    return [...all, ...added].sort(byName);
  };
}
