/**
 * What SQLite knows of a table that exists. Whether it can take a schema's rows is found out before the first batch.
 */
import type Sqlite from 'better-sqlite3';
import { SinkError } from '../../errors.js';
import type { SqliteColumn } from './dialect.js';
import { insertSql, left } from './schema-sql.js';
import { affinityOf } from './storage.js';

/** A row of SQLite's pragma table_xinfo. */
interface ColumnInfo {
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

export interface TableThere {
  readonly columns: readonly SqliteColumn[];
  /** Whether two rows of the table can conflict at all. */
  readonly hasUniqueKey: boolean;
}

/** What SQLite knows of a table; undefined when there is none. @throws SinkError when it is a view. */
export function tableThere(db: Sqlite.Database, table: string): TableThere | undefined {
  const found = db
    .prepare("SELECT type, strict FROM pragma_table_list(?) WHERE schema = 'main'")
    .get(table) as { type: string; strict: 0 | 1 } | undefined;
  if (found === undefined) return undefined;
  if (found.type === 'view') throw new SinkError(`"${table}" is a view; the sink needs a table`);
  const strict = found.strict === 1;
  const columns = db.prepare('SELECT * FROM pragma_table_xinfo(?)').all(table) as ColumnInfo[];
  const indexes = db.prepare('SELECT * FROM pragma_index_list(?)').all(table) as Index[];
  // A lone INTEGER PRIMARY KEY is the row's number, given out by SQLite; no index stands behind it.
  const isRowid = ({ pk }: ColumnInfo) => pk > 0 && !indexes.some(({ origin }) => origin === 'pk');
  return {
    columns: columns.map((column) => ({
      name: column.name,
      type: column.type,
      declared: declaredText(column.type, strict),
      strict,
      notNull: column.notnull === 1,
      filled: column.dflt_value !== null || column.hidden !== 0 || isRowid(column),
      closed: column.hidden > 1 ? 'generated' : undefined,
    })),
    hasUniqueKey: indexes.some(({ unique }) => unique === 1) || columns.some(({ pk }) => pk > 0),
  };
}

function declaredText(type: string, strict: boolean): string {
  const declared = type === '' ? 'declared without a type' : `declared ${type}`;
  return `${declared} ${strict ? 'in a STRICT table' : `(affinity ${affinityOf(type)})`}`;
}

/** Ask SQLite itself: it compiles an upsert only when an index on exactly these columns makes it possible. */
export function isKey(
  db: Sqlite.Database,
  table: string,
  columns: readonly string[],
  where?: string,
): boolean {
  const plan = { table, conflict: left(columns, where), identityColumn: undefined };
  try {
    db.prepare(insertSql(plan, columns, 1));
    return true;
  } catch {
    return false;
  }
}
