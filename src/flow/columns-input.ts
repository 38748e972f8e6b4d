/**
 * `pushColumns`: columns as the producer's caller has them, checked, and as events where they cannot go as columns.
 */
import { ConfigError, describe, EventError } from '../errors.js';
import { literalKey } from '../schema/literal-key.js';
import { anyColumn, type Schema } from '../schema/schema.js';

/** Columns of which each has enough values. */
export interface CheckedColumns {
  /** In the schema's order; an empty array where an optional one was not given. */
  readonly columns: readonly ArrayLike<unknown>[];
  /** The event that row `i` is. */
  eventAt(i: number): Record<string, unknown>;
}

/** @throws EventError when a column is missing, unknown, or has fewer than `length` values; ConfigError */
export function checkColumns(schema: Schema, columns: object, length: number): CheckedColumns {
  if (!Number.isInteger(length) || length < 0) throw new ConfigError('length', length, 'a number of rows');
  if (Object.hasOwn(schema.columns, anyColumn)) {
    throw new ConfigError('schema', undefined, 'a flow with a schema; without one, events have no columns');
  }
  const given = Object.entries(columns as Record<string, ArrayLike<unknown> | null | undefined>).filter(
    (entry): entry is [string, ArrayLike<unknown>] => entry[1] !== undefined && entry[1] !== null,
  );
  for (const [name, values] of given) {
    if (!Object.hasOwn(schema.columns, name))
      throw new EventError('unknown', schema.name, name, 'unknown column');
    if (typeof values.length !== 'number' || values.length < length) {
      throw new EventError(
        'type',
        schema.name,
        name,
        `got ${describe(values)}; expected an array of at least ${length} values`,
      );
    }
  }
  for (const [name, column] of Object.entries(schema.columns)) {
    if (!column.nullable && !given.some(([key]) => key === name)) {
      throw new EventError('missing', schema.name, name, 'missing; expected an array');
    }
  }
  const byName = new Map(given);
  let eventAt: ((i: number) => Record<string, unknown>) | undefined;
  return {
    columns: Object.keys(schema.columns).map((name) => byName.get(name) ?? []),
    eventAt(i) {
      eventAt ??= compile(schema, given);
      return eventAt(i);
    },
  };
}

/** A function that makes event `i` by a literal, so that all events share one hidden class. */
function compile(schema: Schema, given: readonly (readonly [string, ArrayLike<unknown>])[]) {
  const fields = given.map(([name, values], k) => {
    // A column of booleans may come as the Uint8Array that batches give.
    const flags = schema.columns[name]?.type === 'bool' && values instanceof Uint8Array;
    return `${literalKey(name)}: columns[${k}][i]${flags ? ' === 1' : ''}`;
  });
  const make = new Function('columns', `"use strict"; return (i) => ({ ${fields.join(', ')} });`);
  return make(given.map(([, values]) => values)) as (i: number) => Record<string, unknown>;
}
