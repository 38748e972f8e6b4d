/**
 * Series as lines of InfluxDB's protocol.
 *
 * The measurement is the metric's name, labels are tags. Counters and gauges have the field `value`. Histograms have
 * `count`, `sum` and, for each bound, the values up to it: as fields named by their bounds, as Telegraf's input of
 * Prometheus does, or as points with a tag `le`. All numbers are floats, so that a field never changes its type.
 */
import { keyText, measurementText } from '../../../sinks/influx/key-text.js';
import type { Family, HistogramFamily, Labels, Snapshot } from '../../series/snapshot.js';
import { bucketsUpTo } from '../float-text.js';
import { plainLabels } from '../plain-labels.js';

/** InfluxDB has a column of each. */
const reserved: ReadonlySet<string> = new Set(['time', '_measurement', '_field']);
const reservedInTags: ReadonlySet<string> = new Set([...reserved, 'le']);

type Fields = readonly (readonly [name: string, value: number])[];

/** @returns the lines, without their ends, and how many points have no value that the protocol can say. */
export function metricLines(
  { families, at }: Snapshot,
  buckets: 'fields' | 'tags',
): { readonly lines: string[]; readonly refused: number } {
  const lines: string[] = [];
  let refused = 0;
  for (const family of families) {
    const names = buckets === 'tags' && family.type === 'histogram' ? reservedInTags : reserved;
    for (const { labels, fields, le } of pointsOf(family, buckets)) {
      // InfluxDB has neither NaN nor the infinities.
      const finite = fields.filter(([, value]) => Number.isFinite(value));
      if (finite.length === 0) {
        refused++;
        continue;
      }
      const tags = [...plainLabels(labels, names), ...(le === undefined ? [] : [le])];
      lines.push(`${measurementText(family.name)}${tagText(tags)} ${fieldText(finite)} ${Math.trunc(at)}`);
    }
  }
  return { lines, refused };
}

interface LinePoint {
  readonly labels: Labels;
  readonly fields: Fields;
  readonly le?: Labels[number];
}

function* pointsOf(family: Family, buckets: 'fields' | 'tags'): Generator<LinePoint> {
  if (family.type === 'histogram') yield* histogramsOf(family, buckets);
  else if (family.type === 'exponential') {
    for (const point of family.points) yield { labels: point.labels, fields: totals(point) };
  } else for (const { labels, value } of family.points) yield { labels, fields: [['value', value]] };
}

function* histogramsOf(
  { points, bounds }: HistogramFamily,
  buckets: 'fields' | 'tags',
): Generator<LinePoint> {
  for (const point of points) {
    const { labels } = point;
    const all = bucketsUpTo(bounds, point.counts);
    if (buckets === 'fields') {
      yield { labels, fields: [...totals(point), ...all] };
      continue;
    }
    yield { labels, fields: totals(point) };
    for (const [le, values] of all) yield { labels, fields: [['bucket', values]], le: ['le', le] };
  }
}

function totals({ count, sum }: { readonly count: number; readonly sum: number }): Fields {
  return [
    ['count', count],
    ['sum', sum],
  ];
}

function tagText(tags: Labels): string {
  return tags.map(([name, value]) => `,${keyText(name)}=${keyText(value)}`).join('');
}

function fieldText(fields: Fields): string {
  return fields.map(([name, value]) => `${keyText(name)}=${value}`).join(',');
}
