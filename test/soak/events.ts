/**
 * The events of a soak: each follows from source and number, and who gets one can tell whether it is whole.
 */
// Not by way of the index: each thread that starts anew loads this.

import { hash } from '../../bench/harness/random.js';
import { t } from '../../src/schema/columns/columns.js';
import { defineSchema } from '../../src/schema/columns/schema.js';

export const Soaked = defineSchema('soaked', {
  source: t.int32(),
  i: t.int32(),
  check: t.uint32(),
  text: t.string(),
  label: t.label(),
});

/** One in so many rows is bad: a sink that has faults never takes it. */
const badEvery = 97;

export function eventOf(source: number, i: number) {
  const check = hash(source, i);
  return { source, i, check, text: textOf(source, i, check), label: `label ${check % 40}` };
}

/** Whether a row that arrived is what was pushed. */
export function isWhole(row: {
  source: number;
  i: number;
  check: number;
  text: string;
  label: string;
}): boolean {
  const expected = eventOf(row.source, row.i);
  return row.check === expected.check && row.text === expected.text && row.label === expected.label;
}

export function isBad(source: number, i: number): boolean {
  return hash(i, source + 1000) % badEvery === 0;
}

/** Of all lengths, some of them long, not all of them ASCII. */
function textOf(source: number, i: number, check: number): string {
  const filling = check % 5 === 0 ? 'ü' : 'x';
  return `${source}:${i} ${filling.repeat(check % 31 === 0 ? 200 : check % 23)}`;
}
