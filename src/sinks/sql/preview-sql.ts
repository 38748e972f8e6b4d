/**
 * What a sink would send for rows, without a connection: for logs, reviews and tests of configurations.
 *
 * It is the statement for a table that the sink would make. Into one that exists it may convert values otherwise.
 */
import { ConfigError } from '../../errors.js';
import { check, type RulesFor } from '../../options/check.js';
import { boolean } from '../../options/rules.js';
import type { EventOf, Schema } from '../../schema/columns/schema.js';
import type { SinkRef } from '../../sink.js';
import type { TablesSettings } from './options.js';

export interface SqlPreview {
  /** As the options, or the schema, name it. */
  readonly table: string;
  readonly sql: string;
  /** The values that travel with it, row after row: redacted unless `values` was asked for. */
  readonly args: readonly unknown[];
  readonly argsCount: number;
  readonly columns: readonly string[];
  readonly conflictStrategy: 'error' | 'ignore' | 'replace' | 'update';
  readonly conflictColumns: readonly string[];
  readonly updateColumns: readonly string[];
  /** Rows given and sent; the others share a key with one that is sent, and are left out or merged into it. */
  readonly dedupStats: {
    readonly input: number;
    readonly output: number;
    readonly deduplicated: number;
    readonly merged: number;
  };
  /** The same for statements that differ in the number of rows alone. */
  readonly fingerprint: string;
}

export interface PreviewOptions {
  /** Show values in place of `[redacted]`. Default false. */
  values?: boolean;
}

export const previewRules = { values: boolean().default(false) } satisfies RulesFor<PreviewOptions>;

/** What each dialect's folder has in a file `preview`, beside the sink's module. */
export type Preview = (
  tables: TablesSettings,
  schema: Schema,
  rows: Iterable<unknown>,
  values: boolean,
) => SqlPreview;

/**
 * What a sink would send for rows of a schema.
 *
 * @param sink of `sqlite()`, `postgres()` or `mysql()`.
 * @throws ConfigError for another sink, SinkError for options that do not go with the schema, EventError for a row.
 * @example
 * const { sql, argsCount } = await previewSql(postgres({ url, conflict: 'ignore' }), Visit, [visit]);
 */
export async function previewSql<S extends Schema>(
  sink: SinkRef,
  schema: S,
  rows: Iterable<EventOf<S>>,
  options: PreviewOptions = {},
): Promise<SqlPreview> {
  const { values } = check(previewRules, options);
  const preview = await previewOf(sink);
  return preview((sink.options as { tables: TablesSettings }).tables, schema, rows, values);
}

async function previewOf(sink: SinkRef): Promise<Preview> {
  let found: { preview?: Preview } = {};
  try {
    found = await import(new URL('./preview.js', sink.module).href);
  } catch {
    // It is no sink of this package.
  }
  if (found.preview !== undefined) return found.preview;
  // Its options may hold passwords.
  throw new ConfigError(
    'sink',
    (sink as Partial<SinkRef> | undefined)?.module,
    'the sink of an SQL database: sqlite(), postgres() or mysql()',
  );
}
