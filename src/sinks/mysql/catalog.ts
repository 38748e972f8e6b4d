/**
 * What the server's catalogue says of a table.
 */
import { SinkError } from '../../errors.js';
import type { MysqlColumn } from './dialect.js';
import type { Session } from './session.js';
import type { TableName } from './table-name.js';

export interface TableThere {
  readonly columns: readonly MysqlColumn[];
  readonly keys: readonly UniqueKey[];
  /** The engine, where it has no transactions. */
  readonly plainEngine: string | undefined;
}

export interface UniqueKey {
  readonly name: string;
  /** Its columns, but for those of which it has a part alone. */
  readonly columns: readonly string[];
  /** Whether it is on these columns alone: on no part of a column, and on no expression. */
  readonly isWhole: boolean;
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

/** Defaults that no two rows share. */
const unlikeOthers = /(uuid\w*|sys_guid|nextval)\s*\(/i;

function columnOf(row: Record<string, unknown>): MysqlColumn {
  const { name, type, declared, nullable, preset, extra } = row as Record<string, string | null>;
  const isUnsigned = / unsigned/.test(declared as string) && type !== 'decimal';
  const generated = /GENERATED/.test((extra as string).replace('DEFAULT_GENERATED', ''));
  const counts = /auto_increment/.test(extra as string);
  // MariaDB writes NULL out.
  const isNull = preset === null || preset === 'NULL';
  return {
    name: name as string,
    declared: declared as string,
    base: isUnsigned ? `${type} unsigned` : (type as string),
    notNull: nullable === 'NO',
    filled: preset !== null || generated || counts,
    closed: generated ? 'generated' : undefined,
    differs: counts || (!generated && (isNull || unlikeOthers.test(preset as string))),
  };
}

function keysOf(rows: readonly Record<string, unknown>[]): UniqueKey[] {
  const keys = new Map<string, { columns: string[]; isWhole: boolean }>();
  for (const { name, col, part } of rows as unknown as Record<string, string | null>[]) {
    const key = keys.get(name as string) ?? { columns: [], isWhole: true };
    keys.set(name as string, key);
    if (col === null || part !== null) key.isWhole = false;
    else key.columns.push(col as string);
  }
  return [...keys].map(([name, key]) => ({ name, ...key }));
}
