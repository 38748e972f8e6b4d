/**
 * Storing rows in a prepared table, each batch in one transaction, and finding the bad ones among them.
 *
 *     conflicts are errors   COPY: where the server refuses a row it names its line; the others are sent again
 *     otherwise              INSERT … SELECT … FROM unnest(…), which names no row. A copy of the table without its keys
 *                            is made for the one transaction, and COPY into that names the bad row.
 *     duplicates are ignored COPY first, while batches come without any
 *
 * Where a duplicate is refused and the table has a column of identities, rows that it has already are left out. A row
 * that the server names is given up alone. Where it names none, or too many one after the other, the error is
 * thrown, and the engine halves the batch.
 */
import { untilAborted } from '../connections/until-aborted.js';
import type { SentRows } from '../sql/sent-rows.js';
import type { SkippedRows } from '../sql/skipped-rows.js';
import type { RowFailure } from '../sql/write-answer.js';
import { classifyPostgresError } from './classify.js';
import type { CopyFirst } from './copy-first.js';
import type { PreparedTable } from './prepared-table.js';
import type { Session } from './session.js';
import type { StatementNames } from './statement-names.js';
import { mayBeStored, storedRows } from './stored-rows.js';
import { saysChanged, TableChangedError } from './unchanged-table.js';
import type { MessageBuffer } from './wire/message-buffer.js';
import { execute, forget, parse, run, sync } from './wire/messages.js';
import { bindColumns, copyRows, rowsOfCopy } from './wire/row-messages.js';
import { writeError } from './write-error.js';

/** Most rows that are looked for in one batch: each costs a transaction. Halving costs no more with more of them. */
const mostNamed = 16;

/** The name of the table's copy; it is seen by its own transaction alone. */
const copyName = 'batchflow_rows';
const copySql = `pg_temp.${copyName}`;

/** How rows are stored. */
export interface StoreContext {
  readonly session: Session;
  readonly table: PreparedTable;
  /** A statement that sets the limits of time of its transaction. */
  readonly limits: string | undefined;
  readonly names: StatementNames;
  readonly copyFirst: CopyFirst;
  readonly signal: AbortSignal;
  /** Receives the rows that the table had already. */
  readonly skipped: SkippedRows;
}

/**
 * Store rows.
 *
 * @param failed receives the rows that are given up. All others are in the table when the promise resolves.
 */
export async function storeRows(context: StoreContext, rows: SentRows, failed: RowFailure[]): Promise<void> {
  const { table } = context;
  if (table.copies && table.plan.conflict.strategy === 'error') {
    await storeByCopy(context, table.name, rows, failed, (into, left) => {
      copyInto(into, table, table.sql, left);
      run(into, table.unchangedSql);
    });
    return;
  }
  if (await isCopied(context, rows)) return;
  try {
    await insert(context, rows);
  } catch (error) {
    const left = await withoutStored(context, rows, error);
    if (left !== undefined) return storeRows(context, left, failed);
    if (!table.copies || classifyPostgresError(error) !== 'fatal') throw error;
    const found: RowFailure[] = [];
    const good = await goodRows(context, rows, found, error);
    await storeRows(context, good, found);
    failed.push(...found);
  }
}

/** Copy rows whose duplicates would be ignored. @returns false when it was not tried, or the server refuses a row. */
async function isCopied(
  { session, table, limits, copyFirst, signal }: StoreContext,
  rows: SentRows,
): Promise<boolean> {
  if (rows.length === 0 || !copyFirst.isWorthIt(table)) return false;
  const { buffer } = session;
  buffer.clear();
  if (limits !== undefined) run(buffer, limits);
  copyInto(buffer, table, table.sql, rows);
  run(buffer, table.unchangedSql);
  sync(buffer);
  try {
    await session.send(signal, { inserted: 0, copies: 0 });
    copyFirst.passed();
    return true;
  } catch (error) {
    if (saysChanged(error)) throw new TableChangedError(table.sql);
    if (classifyPostgresError(error) !== 'fatal') throw error;
    copyFirst.refused();
    return false;
  }
}

/** The rows that the table lacks, after an error; undefined when it has none, or the error has other reasons. */
async function withoutStored(
  { session, table, signal, skipped }: StoreContext,
  rows: SentRows,
  error: unknown,
): Promise<SentRows | undefined> {
  if (!mayBeStored(error, table)) return undefined;
  const there = await storedRows(session, table, rows, signal);
  skipped.name(rows.sourcesOf(there));
  return there.size === 0 ? undefined : rows.without(there);
}

async function insert(context: StoreContext, rows: SentRows): Promise<void> {
  if (rows.length === 0) return;
  const { session, table, limits, names, signal, skipped } = context;
  const { buffer, prepared } = session;
  const { insertSql } = table;
  const name = names.nameOf(table);
  buffer.clear();
  if (limits !== undefined) run(buffer, limits);
  if (name === '' || !prepared.has(name)) {
    // The server has kept it of a transaction that it rolled back.
    if (name !== '') forget(buffer, name);
    parse(buffer, insertSql, name);
  }
  bindColumns(buffer, name, table.columns, rows.batch);
  execute(buffer);
  sync(buffer);
  const answers = { inserted: 0, copies: 0 };
  try {
    await session.send(signal, answers);
  } catch (error) {
    if (!names.areRefusedBy(error, name)) throw error;
    return insert(context, rows);
  }
  if (name !== '') prepared.add(name);
  if (table.plan.conflict.strategy !== 'ignore') return;
  // The server says how many rows were there, and not which.
  skipped.count(Math.max(0, rows.length - answers.inserted));
}

/**
 * The rows that the table's own rules allow, apart from its keys. @throws the first error when none is found to be
 * bad.
 */
async function goodRows(
  context: StoreContext,
  rows: SentRows,
  found: RowFailure[],
  error: unknown,
): Promise<SentRows> {
  const { table } = context;
  const create =
    `CREATE TEMPORARY TABLE ${copySql} ` +
    `(LIKE ${table.sql} INCLUDING DEFAULTS INCLUDING CONSTRAINTS INCLUDING GENERATED INCLUDING IDENTITY) ` +
    'ON COMMIT DROP';
  try {
    const left = await storeByCopy(context, copyName, rows, found, (into, each) => {
      run(into, create);
      copyInto(into, table, copySql, each);
    });
    if (found.length > 0) return left;
  } catch {
    context.signal.throwIfAborted();
    // Whatever keeps the copy from being made, or from naming rows: the batch is halved.
  }
  throw error;
}

/**
 * Run transactions of COPY until one passes, each without the row that the one before was refused for.
 *
 * @param name the bare name of the table that COPY fills.
 * @param write the statements of a transaction.
 * @returns the rows of the one that has passed.
 */
async function storeByCopy(
  context: StoreContext,
  name: string,
  rows: SentRows,
  failed: RowFailure[],
  write: (into: MessageBuffer, rows: SentRows) => void,
): Promise<SentRows> {
  const { session, table, limits, signal } = context;
  const { buffer } = session;
  let left = rows;
  for (let named = 0; left.length > 0; named++) {
    buffer.clear();
    if (limits !== undefined) run(buffer, limits);
    write(buffer, left);
    sync(buffer);
    const answers = { inserted: 0, copies: 0 };
    try {
      await session.send(signal, answers);
      break;
    } catch (error) {
      const others = await withoutStored(context, left, error);
      if (others !== undefined) {
        left = others;
        continue;
      }
      if (saysChanged(error)) throw new TableChangedError(table.sql);
      const isBad = named < mostNamed && classifyPostgresError(error) === 'fatal';
      const line = isBad ? lineOf(error, name) : undefined;
      if (line === undefined) throw error;
      const row = answers.copies * rowsOfCopy(left.length) + line - 1;
      const index = row < left.length ? left.sourceOf(row) : undefined;
      if (index === undefined) throw error;
      await seeUnchanged(context);
      failed.push({ index, error: writeError(error, table.sql) });
      left = left.without(new Set([row]));
    }
  }
  return left;
}

/** Before a row is blamed. @throws TableChangedError when the table takes its values for others. */
async function seeUnchanged({ session, table, signal }: StoreContext): Promise<void> {
  try {
    await untilAborted(session.rows(table.unchangedSql), signal);
  } catch (error) {
    throw saysChanged(error) ? new TableChangedError(table.sql) : error;
  }
}

/** The statement that takes rows into a table. */
export function copyStatement({ columnsSql }: PreparedTable, target: string): string {
  return `COPY ${target} (${columnsSql}) FROM STDIN (FORMAT binary)`;
}

function copyInto(into: MessageBuffer, table: PreparedTable, target: string, rows: SentRows): void {
  copyRows(into, copyStatement(table, target), table.columns, rows.batch);
}

/**
 * The line that the server names for an error of COPY. The words of the context are in the server's language; its first
 * number behind the table's name is the line. A trigger's own context may stand before it.
 */
function lineOf(error: unknown, name: string): number | undefined {
  const { where } = error as { where?: unknown };
  if (typeof where !== 'string') return undefined;
  const start = `COPY ${name},`;
  const context = where.split('\n').find((line) => line.startsWith(start));
  const [line] = context?.slice(start.length).match(/\d+/) ?? [];
  return line === undefined ? undefined : Number(line);
}
