/**
 * Series in Prometheus's text exposition format, version 0.0.4.
 *
 * The format has no native histograms: an exponential one is a summary without quantiles, which has its sum and count.
 * Names are those of the collector, which has checked them.
 */
import type { Family, HistogramFamily, Labels, Snapshot } from '../series/snapshot.js';
import { bucketsUpTo, floatText } from './float-text.js';
import { plainLabels } from './plain-labels.js';

export const expositionType = 'text/plain; version=0.0.4; charset=utf-8';

const types = { counter: 'counter', gauge: 'gauge', histogram: 'histogram', exponential: 'summary' } as const;

/**
 * @param reserved names of labels that the backend gives a meaning of its own; others of that name are renamed.
 * @returns the text; empty for no series.
 */
export function exposition({ families }: Snapshot, reserved: ReadonlySet<string> = new Set()): string {
  const lines: string[] = [];
  for (const family of families) {
    if (family.points.length === 0) continue;
    const { name, help, type } = family;
    if (help !== '') lines.push(`# HELP ${name} ${escapedHelp(help)}`);
    lines.push(`# TYPE ${name} ${types[type]}`);
    writePoints(lines, family, reserved);
  }
  return lines.length === 0 ? '' : `${lines.join('\n')}\n`;
}

function writePoints(lines: string[], family: Family, reserved: ReadonlySet<string>): void {
  const { name } = family;
  switch (family.type) {
    case 'counter':
    case 'gauge':
      for (const { labels, value } of family.points)
        lines.push(`${name}${inBraces(pairs(labels, reserved))} ${floatText(value)}`);
      break;
    case 'histogram':
      writeHistograms(lines, family, new Set([...reserved, 'le']));
      break;
    case 'exponential': {
      const names = new Set([...reserved, 'quantile']);
      for (const { labels, sum, count } of family.points)
        writeTotals(lines, name, pairs(labels, names), sum, count);
    }
  }
}

function writeHistograms(lines: string[], family: HistogramFamily, reserved: ReadonlySet<string>): void {
  const { name, bounds, points } = family;
  for (const { labels, counts, sum, count } of points) {
    const own = pairs(labels, reserved);
    const before = own === '' ? '' : `${own},`;
    for (const [le, values] of bucketsUpTo(bounds, counts))
      lines.push(`${name}_bucket{${before}le="${le}"} ${values}`);
    writeTotals(lines, name, own, sum, count);
  }
}

function writeTotals(lines: string[], name: string, own: string, sum: number, count: number): void {
  lines.push(`${name}_sum${inBraces(own)} ${floatText(sum)}`, `${name}_count${inBraces(own)} ${count}`);
}

const inBraces = (text: string) => (text === '' ? '' : `{${text}}`);

function pairs(labels: Labels, reserved: ReadonlySet<string>): string {
  return plainLabels(labels, reserved)
    .map(([name, value]) => `${name}="${escapedValue(value)}"`)
    .join(',');
}

const escapedHelp = (text: string) => text.replaceAll('\\', '\\\\').replaceAll('\n', '\\n');
const escapedValue = (text: string) => escapedHelp(text).replaceAll('"', '\\"');
