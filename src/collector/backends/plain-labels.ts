/**
 * Labels as backends take them: no empty values, which mean the same as no label there, and no half surrogate pairs.
 *
 * A label that a backend gives a meaning of its own, such as `le`, is renamed as Prometheus renames it.
 */
import type { Labels } from '../series/snapshot.js';

const isPlain = ([, value]: Labels[number]) => value !== '' && value.isWellFormed();

/** @param reserved names that the backend gives a meaning of its own. */
export function plainLabels(labels: Labels, reserved: ReadonlySet<string>): Labels {
  if (labels.every((label) => isPlain(label) && !reserved.has(label[0]))) return labels;
  return labels
    .filter(([, value]) => value !== '')
    .map(([name, value]) => [reserved.has(name) ? `exported_${name}` : name, value.toWellFormed()] as const)
    .sort(byName);
}

/** The order that Prometheus wants: that of bytes, which is that of code points. */
export function byName([a]: Labels[number], [b]: Labels[number]): number {
  return a < b ? -1 : Number(a > b);
}

/** What tells one series of a family from another. */
export function seriesKey(family: string, labels: Labels): string {
  return JSON.stringify([family, labels]);
}
