/**
 * Whether a table that exists can take a schema's rows. Found out before the first batch.
 */
import type Sqlite from 'better-sqlite3';
import { SinkError } from '../../errors.js';
import type { Schema } from '../../schema/columns/schema.js';
import { fold } from './identifier.js';
import { affinitiesOf, affinityOf, fits } from './storage.js';

/** A row of SQLite's pragma table_xinfo. */
interface TableColumn {
  name: string;
  /** As declared; may be empty. */
  type: string;
  notnull: 0 | 1;
  dflt_value: string | null;
  /** Its place in the primary key, from 1; 0 when it is not of it. */
  pk: number;
  /** 2 and 3: generated. */
  hidden: number;
}

/** A row of SQLite's pragma index_list. */
interface Index {
  unique: 0 | 1;
  origin: 'c' | 'u' | 'pk';
}

export interface TableInfo {
  columns: TableColumn[];
  indexes: Index[];
  strict: boolean;
}

/** What SQLite knows of a table; undefined when there is none. @throws SinkError when it is a view. */
export function tableInfo(db: Sqlite.Database, table: string): TableInfo | undefined {
  const found = db
    .prepare("SELECT type, strict FROM pragma_table_list(?) WHERE schema = 'main'")
    .get(table) as { type: string; strict: 0 | 1 } | undefined;
  if (found === undefined) return undefined;
  if (found.type === 'view') throw new SinkError(`"${table}" is a view; the sink needs a table`);
  return {
    columns: db.prepare('SELECT * FROM pragma_table_xinfo(?)').all(table) as TableColumn[],
    indexes: db.prepare('SELECT * FROM pragma_index_list(?)').all(table) as Index[],
    strict: found.strict === 1,
  };
}

/**
 * Everything about a table that keeps it from taking the schema's rows; empty when it fits.
 *
 * @param identityColumn a column that gets values beside the schema's.
 */
export function misfits(info: TableInfo, schema: Schema, identityColumn?: string): string[] {
  const unfilled = new Map(info.columns.map((column) => [fold(column.name), column]));
  const found: string[] = [];
  for (const [name, column] of Object.entries(schema.columns)) {
    const needed = affinitiesOf(column.type).join(', ');
    const there = unfilled.get(fold(name));
    unfilled.delete(fold(name));
    if (there === undefined) {
      found.push(`column "${name}" is missing; ${column.type} needs one of ${needed}`);
    } else if (there.hidden > 1) {
      found.push(`column "${name}" is generated; the schema needs a column that takes values`);
    } else if (!fits(column.type, there.type, info.strict)) {
      const declared = there.type === '' ? 'declared without a type' : `declared ${there.type}`;
      const affinity = info.strict ? 'in a STRICT table' : `(affinity ${affinityOf(there.type)})`;
      found.push(`column "${name}" is ${declared} ${affinity}; ${column.type} needs one of ${needed}`);
    } else if (there.notnull === 1 && column.nullable) {
      found.push(`column "${name}" is NOT NULL; the schema's is optional and needs one that takes NULL`);
    }
  }
  if (identityColumn !== undefined) unfilled.delete(fold(identityColumn));
  for (const column of unfilled.values()) {
    if (column.notnull === 1 && column.dflt_value === null && column.hidden === 0 && !isRowid(column, info)) {
      found.push(
        `column "${column.name}" is NOT NULL without a default, and the schema lacks it; it needs a default`,
      );
    }
  }
  return found;
}

/** Whether two rows of the table can conflict at all. */
export function hasUniqueKey(info: TableInfo): boolean {
  return info.indexes.some((index) => index.unique === 1) || info.columns.some((column) => column.pk > 0);
}

/** A lone INTEGER PRIMARY KEY is the row's number, given out by SQLite; no index stands behind it. */
function isRowid(column: TableColumn, info: TableInfo): boolean {
  return column.pk > 0 && !info.indexes.some((index) => index.origin === 'pk');
}
