/**
 * Labels as backends take them: no empty values, which mean the same as no label there, and no half surrogate pairs.
 *
 * A label that a backend gives a meaning of its own, such as `le`, is renamed as Prometheus renames it. So is one that
 * has the new name already: a backend refuses all series for one whose labels are there twice.
 */
import type { Labels } from '../series/snapshot.js';

const isPlain = ([, value]: Labels[number]) => value !== '' && value.isWellFormed();

const prefix = 'exported_';
const withoutPrefixes = (name: string) => name.replace(/^(?:exported_)+/, '');

/** @param reserved names that the backend gives a meaning of its own. */
export function plainLabels(labels: Labels, reserved: ReadonlySet<string>): Labels {
  const mayStay = ([name]: Labels[number]) => !reserved.has(name) && !name.startsWith(prefix);
  if (labels.every((label) => isPlain(label) && mayStay(label))) return labels;
  return labels
    .filter(([, value]) => value !== '')
    .map(([name, value]) => [freeName(name, reserved), value.toWellFormed()] as const)
    .sort(byName);
}

/** Different names stay different: all with the same end get as many prefixes as the longest reserved one needs. */
function freeName(name: string, reserved: ReadonlySet<string>): string {
  const end = withoutPrefixes(name);
  let added = '';
  for (const each of reserved) {
    if (withoutPrefixes(each) !== end) continue;
    const needed = `${prefix}${each.slice(0, each.length - end.length)}`;
    if (needed.length > added.length) added = needed;
  }
  return `${added}${name}`;
}

/** The order that Prometheus wants: that of bytes, which is that of code points. */
export function byName([a]: Labels[number], [b]: Labels[number]): number {
  return a < b ? -1 : Number(a > b);
}

/** What tells one series of a family from another. */
export function seriesKey(family: string, labels: Labels): string {
  return JSON.stringify([family, labels]);
}
