/**
 * What is to happen with one schema's rows: their table, its key, and the columns that a conflict writes.
 */
import { SinkError } from '../../errors.js';
import type { Schema } from '../../schema/columns/schema.js';
import type { BadText, TableSettings, TablesSettings } from './options.js';

/** What happens to a row whose key is taken, with everything that is meant by default written out. */
export interface ConflictPlan {
  readonly strategy: 'error' | 'ignore' | 'replace' | 'update';
  /** Columns of the unique key; empty: none is wanted. */
  readonly key: readonly string[];
  /** The predicate of a partial unique index, as SQL. */
  readonly where: string | undefined;
  /** Columns that the row which is there takes from the new one; empty unless it takes any. */
  readonly updated: readonly string[];
  /** Those of them that stay as they are where the new row has no value. */
  readonly kept: ReadonlySet<string>;
}

export interface TablePlan {
  readonly schema: Schema;
  /** The table's name as the options have it. */
  readonly table: string;
  /** Whether the name is the schema's, which is no SQL: it may hold any character. */
  readonly namedBySchema: boolean;
  readonly createTable: boolean;
  readonly badText: BadText;
  /** The column that keeps each row once; undefined: there is none. */
  readonly identityColumn: string | undefined;
  readonly conflict: ConflictPlan;
}

/**
 * The plan of each schema.
 *
 * @throws SinkError when `table`, `tables` or the columns that options name do not go with the flow's schemas.
 */
export function plansOf(schemas: readonly Schema[], settings: TablesSettings): TablePlan[] {
  const { all, bySchema } = settings;
  if (all.table !== undefined && schemas.length > 1) {
    throw new SinkError(
      `the option table names "${all.table}" alone, the flow has ${schemas.length} schemas; use tables`,
    );
  }
  for (const name of Object.keys(bySchema)) {
    if (!schemas.some((schema) => schema.name === name)) {
      throw new SinkError(`the option tables names the schema "${name}", which the flow does not have`);
    }
  }
  return schemas.map((schema) => planOf(schema, settings));
}

/**
 * The plan of a schema that comes after those that are known.
 *
 * @throws SinkError when options do not go with all of them together.
 */
export function latePlanOf(schema: Schema, known: readonly Schema[], settings: TablesSettings): TablePlan {
  return plansOf([...known, schema], settings).at(-1) as TablePlan;
}

/** The plan of one schema. @throws SinkError when the columns that options name do not go with it. */
export function planOf(schema: Schema, { all, bySchema }: TablesSettings): TablePlan {
  const settings = Object.hasOwn(bySchema, schema.name) ? (bySchema[schema.name] as TableSettings) : all;
  const { table, createTable, badText, identityColumn } = settings;
  const { conflict, conflictColumns, conflictWhere, absent } = settings;
  const names = Object.keys(schema.columns);
  const refer = (option: string, columns: readonly string[]) => {
    const unknown = columns.find((name) => !Object.hasOwn(schema.columns, name));
    if (unknown === undefined) return;
    throw new SinkError(
      `the option ${option} names the column "${unknown}", which schema "${schema.name}" lacks`,
    );
  };
  refer('conflictColumns', conflictColumns);
  if (typeof conflict === 'object') refer('conflict.update', conflict.update);
  if (identityColumn !== undefined && Object.hasOwn(schema.columns, identityColumn)) {
    const whose = `the column "${identityColumn}", which is one of schema "${schema.name}"`;
    throw new SinkError(`the option identityColumn names ${whose}; it needs a column of its own`);
  }
  const others = names.filter((name) => !conflictColumns.includes(name));
  const strategy = typeof conflict === 'object' ? 'update' : conflict;
  const overwrites = strategy === 'update' || strategy === 'replace';
  const updated = typeof conflict === 'object' ? conflict.update : overwrites ? others : [];
  const nullable = updated.filter((name) => schema.columns[name]?.nullable);
  return {
    schema,
    table: table ?? schema.name,
    namedBySchema: table === undefined,
    createTable,
    badText,
    identityColumn,
    conflict: {
      // With no column left to take, the row that is there stays.
      strategy: overwrites && updated.length === 0 ? 'ignore' : strategy,
      key: conflictColumns,
      where: conflictWhere,
      updated,
      kept: new Set(absent === 'keep' ? nullable : []),
    },
  };
}
