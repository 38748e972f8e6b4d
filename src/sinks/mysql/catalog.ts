/**
 * What the server's catalogue says of a table.
 */
import { SinkError } from '../../errors.js';
import type { MysqlColumn } from './dialect.js';
import type { Session } from './session.js';
import type { TableName } from './table-name.js';

export interface TableThere {
  readonly columns: readonly MysqlColumn[];
  /** The columns of each unique index, by its name. Those of a part of a column or of an expression are left out. */
  readonly keys: ReadonlyMap<string, readonly string[]>;
  /** The engine, where it has no transactions. */
  readonly plainEngine: string | undefined;
}

/** A name in the catalogue; the connection's own database where none is named. */
const here = 'COALESCE(?, DATABASE())';

const tableSql = `
  SELECT t.TABLE_TYPE AS type, t.ENGINE AS engine, e.TRANSACTIONS AS transactions
  FROM information_schema.TABLES t LEFT JOIN information_schema.ENGINES e ON e.ENGINE = t.ENGINE
  WHERE t.TABLE_SCHEMA = ${here} AND t.TABLE_NAME = ?`;

const columnsSql = `
  SELECT COLUMN_NAME AS name, DATA_TYPE AS type, COLUMN_TYPE AS declared, IS_NULLABLE AS nullable,
    COLUMN_DEFAULT AS preset, EXTRA AS extra
  FROM information_schema.COLUMNS WHERE TABLE_SCHEMA = ${here} AND TABLE_NAME = ? ORDER BY ORDINAL_POSITION`;

const keysSql = `
  SELECT INDEX_NAME AS name, COLUMN_NAME AS col, SUB_PART AS part
  FROM information_schema.STATISTICS
  WHERE TABLE_SCHEMA = ${here} AND TABLE_NAME = ? AND NON_UNIQUE = 0 ORDER BY INDEX_NAME, SEQ_IN_INDEX`;

/**
 * What is known of a table; undefined when there is none.
 *
 * @throws SinkError when it is a view or something else; the server's own error.
 */
export async function tableThere(
  session: Session,
  { database, name, sql }: TableName,
): Promise<TableThere | undefined> {
  const place = [database ?? null, name];
  const [found] = await session.rows(tableSql, place);
  if (found === undefined) return undefined;
  if (!['BASE TABLE', 'SYSTEM VERSIONED'].includes(found.type as string)) {
    throw new SinkError(`${sql} is no table; the sink needs one`);
  }
  const columns = await session.rows(columnsSql, place);
  return {
    columns: columns.map(columnOf),
    keys: keysOf(await session.rows(keysSql, place)),
    plainEngine: found.transactions === 'NO' ? (found.engine as string) : undefined,
  };
}

function columnOf(row: Record<string, unknown>): MysqlColumn {
  const { name, type, declared, nullable, preset, extra } = row as Record<string, string | null>;
  const isUnsigned = / unsigned/.test(declared as string) && type !== 'decimal';
  const generated = /GENERATED/.test((extra as string).replace('DEFAULT_GENERATED', ''));
  return {
    name: name as string,
    declared: declared as string,
    base: isUnsigned ? `${type} unsigned` : (type as string),
    notNull: nullable === 'NO',
    filled: preset !== null || generated || /auto_increment/.test(extra as string),
    closed: generated ? 'generated' : undefined,
  };
}

function keysOf(rows: readonly Record<string, unknown>[]): Map<string, string[]> {
  const keys = new Map<string, string[]>();
  const partial = new Set<string>();
  for (const { name, col, part } of rows as unknown as Record<string, string | null>[]) {
    if (col === null || part !== null) partial.add(name as string);
    else keys.set(name as string, [...(keys.get(name as string) ?? []), col as string]);
  }
  for (const name of partial) keys.delete(name);
  return keys;
}
