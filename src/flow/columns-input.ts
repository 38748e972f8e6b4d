/**
 * `pushColumns`: columns as the producer's caller has them, turned into events.
 */
import { ConfigError, describe, EventError } from '../errors.js';
import { literalKey } from '../schema/row-builder.js';
import { anyColumn, type Schema } from '../schema/schema.js';

/**
 * The events that columns of `length` values hold.
 *
 * @throws EventError when a column is missing, unknown, or of another length; nothing is pushed then.
 */
export function* eventsOfColumns(
  schema: Schema,
  columns: object,
  length: number,
): Iterable<Record<string, unknown>> {
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
  const eventAt = compile(schema, given);
  for (let i = 0; i < length; i++) yield eventAt(i);
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
