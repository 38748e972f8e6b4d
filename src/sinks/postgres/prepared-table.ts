/**
 * Getting a schema's table ready: made when it is missing, checked when it is there, and its statements tried.
 */
import { createHash } from 'node:crypto';
import { messageOf } from '../../describe.js';
import { SinkError } from '../../errors.js';
import { sqlState } from '../../target-errors/sqlstate.js';
import { namesOf } from '../sql/name-parts.js';
import { createTableSql, listOf, onConflictSql, rowThere } from '../sql/statements.js';
import { misfits, misfitText } from '../sql/table-check.js';
import type { TablePlan } from '../sql/table-plan.js';
import { type TableThere, tableThere } from './catalog.js';
import { classifyPostgresError } from './classify.js';
import { type PostgresColumn, partitionedBy, postgresDialect } from './dialect.js';
import { checkIdentityIndex, partitionKey } from './identity-index.js';
import type { PostgresSettings } from './options.js';
import type { Session } from './session.js';
import { declaredType, typeOfNew, type Way, wayInto } from './storage.js';
import { tableSql } from './table-name.js';
import type { WireColumn } from './wire/row-messages.js';

/** How rows get into a table. */
export interface PreparedTable {
  readonly plan: TablePlan;
  /** The table's quoted name, and the bare one that errors of COPY begin with. */
  readonly sql: string;
  readonly name: string;
  readonly columns: readonly WireColumn[];
  readonly columnsSql: string;
  /** Whether COPY takes the columns as they travel. */
  readonly copies: boolean;
  /** The statement that fails when the columns have other types than were found. */
  readonly unchangedSql: string;
  readonly insertSql: string;
  /** The name by which the server may keep it. */
  readonly statementName: string;
}

/** Names are cut there: two long ones could become one. */
const longestName = 63;
const noSuchKey = '42P10';

/**
 * Prepare one table.
 *
 * @throws SinkError naming the table, and for each column that does not fit what it is and what is needed; another
 * error
 *   when the server or the connection is to blame.
 */
export async function prepareTable(
  session: Session,
  plan: TablePlan,
  settings: PostgresSettings,
): Promise<PreparedTable> {
  const sql = tableSql(plan);
  checkNames(plan);
  await session.rows('BEGIN');
  try {
    const limits = limitsSql(settings);
    if (limits !== undefined) await session.rows(limits);
    const there = await tableFor(session, plan, sql);
    const key = await partitionKey(session, plan, sql, there);
    const dialect = partitionedBy(key);
    const found = misfits(dialect, there.columns, plan.schema, plan.identityColumn);
    if (found.length > 0) throw new SinkError(misfitText(dialect, sql, plan, found));
    await checkIdentityIndex(session, plan, sql, there, key);
    const table = preparedTable(plan, sql, there);
    await tryStatement(session, table);
    await session.rows('COMMIT');
    return table;
  } catch (error) {
    await session.rollback();
    if (error instanceof SinkError || !isOfTable(error)) throw error;
    const text = `table ${sql} cannot take rows of schema "${plan.schema.name}": ${messageOf(error)}`;
    throw new SinkError(text, { cause: error });
  }
}

/** The limits of time of the transaction that follows: they hold to its end, behind a pooler, too. */
export function limitsSql({ statementTimeoutMs, lockTimeoutMs }: PostgresSettings): string | undefined {
  const limits = [
    ...(statementTimeoutMs > 0 ? [`set_config('statement_timeout', '${statementTimeoutMs}', true)`] : []),
    ...(lockTimeoutMs > 0 ? [`set_config('lock_timeout', '${lockTimeoutMs}', true)`] : []),
  ];
  return limits.length === 0 ? undefined : `SELECT ${limits.join(', ')}`;
}

function checkNames(plan: TablePlan): void {
  for (const name of namesOf(plan, '"')) {
    if (Buffer.byteLength(name) > longestName) {
      throw new SinkError(
        `"${name}" cannot name a table or a column: PostgreSQL cuts names of more than ${longestName} bytes`,
      );
    }
  }
}

/** What the server has against a statement is the table's fault; not what it has against the connection. */
function isOfTable(error: unknown): boolean {
  const state = sqlState(error);
  return state !== undefined && (/^(0A|3F|42)/.test(state) || classifyPostgresError(error) === 'fatal');
}

async function tableFor(session: Session, plan: TablePlan, sql: string): Promise<TableThere> {
  const there = await tableThere(session, sql);
  if (there !== undefined) return there;
  if (!plan.createTable) {
    throw new SinkError(`table ${sql}: there is no such table, and createTable is false`);
  }
  // Other flushers may be about to make it, too.
  await session.rows("SELECT pg_advisory_xact_lock(hashtext('batchflow-threads'), hashtext($1))", [sql]);
  const meanwhile = await tableThere(session, sql);
  if (meanwhile !== undefined) return meanwhile;
  for (const statement of createTableSql(postgresDialect, sql, plan)) await session.rows(statement);
  return (await tableThere(session, sql)) as TableThere;
}

type TableAsCopied = Pick<TableThere, 'name' | 'columns' | 'copies' | 'unchangedSql'>;

/** A table as the sink would make it. */
export function newTable({ table, schema }: TablePlan): TableAsCopied {
  const columns = Object.entries(schema.columns).map(
    ([name, { type }]): PostgresColumn => ({
      ...{ name, declared: declaredType(type), notNull: false, filled: false, closed: undefined },
      ...typeOfNew(type),
    }),
  );
  return { name: table, columns, copies: true, unchangedSql: '' };
}

/** How rows get into a table that is there. */
export function preparedTable(plan: TablePlan, sql: string, there: TableAsCopied): PreparedTable {
  const { identityColumn } = plan;
  const columns: (WireColumn & Way)[] = Object.entries(plan.schema.columns).map(([name, { type }]) => {
    const column = there.columns.find((each) => each.name === name) as PostgresColumn;
    return { name, type, ...(wayInto(type, column) as Way) };
  });
  if (identityColumn !== undefined) {
    columns.push({ name: identityColumn, type: 'identity', wire: 'bytea', copies: true });
  }
  const columnsSql = listOf(
    postgresDialect,
    columns.map(({ name }) => name),
  );
  const insertSql = `${selectSql(sql, columnsSql, columns)}${onConflictSql(postgresDialect, plan.conflict)}`;
  return {
    plan,
    sql,
    name: there.name,
    columns,
    columnsSql,
    copies: there.copies && columns.every(({ copies }) => copies),
    unchangedSql: there.unchangedSql,
    insertSql,
    statementName: `batchflow_${createHash('sha1').update(insertSql).digest('hex')}`,
  };
}

/** Inserts the rows whose columns are the parameters, an array each. */
function selectSql(sql: string, columnsSql: string, columns: readonly Way[]): string {
  const values = columns.map(({ cast }, i) => `c${i}${cast === undefined ? '' : `::${cast}`}`);
  const arrays = columns.map(({ wire }, i) => `$${i + 1}::pg_catalog.${wire}[]`);
  const names = columns.map((_, i) => `c${i}`);
  return (
    `INSERT INTO ${sql} AS ${rowThere} (${columnsSql}) SELECT ${values.join(', ')} ` +
    `FROM unnest(${arrays.join(', ')}) AS new_rows (${names.join(', ')})`
  );
}

/** Ask the server itself whether it would run the statement: for its types, the key, and the rights to do it. */
async function tryStatement(session: Session, table: PreparedTable): Promise<void> {
  const { insertSql, plan, columns, sql } = table;
  const { key, where, strategy } = plan.conflict;
  const nothing = columns.map(() => null);
  // A key that is wanted has to be there also where no statement names it.
  const unnamed = key.length > 0 && strategy === 'error';
  const clause = unnamed ? onConflictSql(postgresDialect, { ...plan.conflict, strategy: 'ignore' }) : '';
  try {
    await session.rows(`EXPLAIN ${insertSql}${clause}`, nothing);
  } catch (error) {
    if (sqlState(error) !== noSuchKey) throw error;
    const keySql = listOf(postgresDialect, key);
    const predicate = where === undefined ? '' : ` WHERE ${where}`;
    throw new SinkError(
      `table ${sql} cannot take rows of schema "${plan.schema.name}": it needs a unique index on exactly the ` +
        `columns (${keySql})${predicate}; this would help: CREATE UNIQUE INDEX ON ${sql} (${keySql})${predicate}`,
      { cause: error },
    );
  }
}
