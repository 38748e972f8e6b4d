/**
 * What a target should hold for rows, and what it does hold.
 */
import { inspect, isDeepStrictEqual } from 'node:util';
import type { ColumnType } from '../schema/columns/columns.js';
import type { Schema } from '../schema/columns/schema.js';
import { type ConformanceOptions, type Row, refused } from './options.js';
import { keyOf } from './schemas.js';

type Losses = ConformanceOptions['losses'];

/** What the target should hold of a row; undefined where it refuses it. */
export function expectedRow(schema: Schema, row: Row, losses: Losses = {}): Row | undefined {
  const cells = Object.entries(schema.columns).map(([name, { type }]) => {
    const value = row[name];
    return [name, value === null || value === undefined ? null : lossOf(losses, type)(value)] as const;
  });
  return cells.some(([, value]) => value === refused) ? undefined : Object.fromEntries(cells);
}

function lossOf(losses: NonNullable<Losses>, type: ColumnType): (value: unknown) => unknown {
  return losses[type] ?? ((value) => value);
}

export interface Difference {
  /** How often each expected row was found, in their order. */
  readonly counts: readonly number[];
  /** The first faults, in words; empty where all rows are there as they should be. */
  readonly faults: readonly string[];
}

const mostFaults = 5;

/**
 * Compare rows of a target with those that it should hold.
 *
 * @param twice whether a row may be there more than once.
 */
export function compare(
  schema: Schema,
  expected: readonly Row[],
  found: readonly Row[],
  twice: boolean,
): Difference {
  const key = keyOf(schema);
  const faults: string[] = [];
  const places = new Map(expected.map((row, i) => [keyText(row[key]), i]));
  const counts = expected.map(() => 0);
  for (const row of found) {
    const place = places.get(keyText(row[key]));
    if (place === undefined) {
      faults.push(`a row that nobody pushed: ${shown(row)}`);
      continue;
    }
    counts[place] = (counts[place] as number) + 1;
    const wanted = expected[place] as Row;
    for (const name of Object.keys(schema.columns)) {
      if (isSame(wanted[name], row[name] ?? null)) continue;
      faults.push(
        `column "${name}" of row ${shown(wanted[key])}: ${shown(wanted[name])} became ${shown(row[name])}`,
      );
    }
  }
  counts.forEach((count, i) => {
    const row = shown((expected[i] as Row)[key]);
    if (count === 0) faults.push(`row ${row} is missing`);
    else if (count > 1 && !twice) faults.push(`row ${row} is there ${count} times`);
  });
  const more = faults.length - mostFaults;
  if (more > 0) faults.splice(mostFaults, more, `and ${more} more`);
  return { counts, faults };
}

/** Numbers of all kinds alike: a target may give a bigint for an integer. */
function keyText(value: unknown): string {
  return value instanceof Date ? String(value.getTime()) : String(value);
}

/** Bytes are compared as bytes, whatever their class. */
function isSame(a: unknown, b: unknown): boolean {
  if (a instanceof Uint8Array && b instanceof Uint8Array) return Buffer.compare(a, b) === 0;
  return isDeepStrictEqual(a, b);
}

/** A value as a short text. */
export function shown(value: unknown): string {
  const text = inspect(value, {
    breakLength: Number.POSITIVE_INFINITY,
    maxStringLength: 80,
    maxArrayLength: 8,
  });
  return text.length > 300 ? `${text.slice(0, 299)}…` : text;
}
