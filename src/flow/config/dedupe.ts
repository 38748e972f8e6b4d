/**
 * The `dedupe` of a configuration: checked, and made fit to be posted to a flusher's thread.
 */
import { ConfigError } from '../../errors.js';
import { sourceOf } from '../../function-source.js';
import type { Schema } from '../../schema/columns/schema.js';

/** How keys are found, as plain data: a column's name, or a function's source for the flusher's thread. */
export interface DedupeSpec {
  readonly by: { readonly column: string } | { readonly source: string };
  readonly keep: 'last' | 'first';
}

/** Check a `dedupe` setting and make it fit to be posted. @throws ConfigError */
export function describeKey(
  dedupe: { by: string | ((row: never) => unknown); keep: 'last' | 'first' },
  schemas: readonly Schema[],
): DedupeSpec {
  const { by, keep } = dedupe;
  if (typeof by === 'function') return { by: { source: sourceOf('dedupe.by', by, emptyRow(schemas)) }, keep };
  for (const schema of schemas) {
    if (!Object.hasOwn(schema.columns, by))
      throw new ConfigError('dedupe.by', by, `a column of "${schema.name}"`);
  }
  return { by: { column: by }, keep };
}

/** A row in which no column has a value. */
function emptyRow([schema]: readonly Schema[]): unknown {
  return Object.fromEntries(Object.keys(schema?.columns ?? {}).map((name) => [name, null]));
}
