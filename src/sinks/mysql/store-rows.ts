/**
 * Storing rows in a prepared table, each batch whole, and finding the bad ones among them.
 *
 * Where a duplicate is refused and the table has a column of identities, rows that it has already are left out.
 *
 * A batch is one statement, or several in a transaction where one message does not hold it. The server says for which
 * row of a statement it has failed. That is tried: the rows before it are inserted, which has to succeed, and the row
 * alone, which has to fail as before. Then it is given up alone. Where the server names no row, or another one than the
 * bad one, or too many one after the other, the error is thrown, and the engine halves the batch.
 */

import { mysqlNumber } from '../../target-errors/mysql.js';
import type { SentRows } from '../sql/sent-rows.js';
import type { SkippedRows } from '../sql/skipped-rows.js';
import type { RowFailure } from '../sql/write-answer.js';
import { classifyMysqlError, refusesBulk } from './classify.js';
import { namedRow } from './named-row.js';
import type { PreparedTable } from './prepared-table.js';
import { RowSender } from './row-sender.js';
import { RowTooLargeError } from './row-too-large.js';
import type { Session } from './session.js';
import { mayBeStored, storedRows } from './stored-rows.js';
import type { Ways } from './ways.js';
import type { RowRange } from './wire/row-packets.js';
import { writeError } from './write-error.js';

/** Most rows that are looked for in one batch: each costs three statements. Halving costs no more with more of them. */
const mostNamed = 16;

/** How rows are stored. */
export interface StoreContext {
  readonly session: Session;
  readonly table: PreparedTable;
  readonly ways: Ways;
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
  const { session, table, ways, signal, skipped } = context;
  if (rows.length === 0) return;
  const way = ways.of(session);
  const sender = new RowSender(session, table, rows.batch, way, signal);
  const large = sender.tooLarge();
  if (large.length > 0) {
    const error = new RowTooLargeError(sender.mostBytes);
    for (const row of large) failed.push({ index: rows.sourceOf(row) as number, error });
    return storeRows(context, rows.without(new Set(large)), failed);
  }
  const store = new RowStore(context, sender);
  const found: FoundRow[] = [];
  let changed: number;
  try {
    changed = await store.insert({ from: 0, to: rows.length });
  } catch (error) {
    if (!(error instanceof FailedStatement)) throw error;
    if (way === 'bulk' && refusesBulk(error.cause)) {
      ways.refuseBulk(error.cause);
      return storeRows(context, rows, failed);
    }
    if (mayBeStored(error.cause, table)) {
      const there = await storedRows(session, table, rows, signal);
      skipped.name(rows.sourcesOf(there));
      if (there.size > 0) return storeRows(context, rows.without(there), failed);
    }
    changed = await store.insertAllBut(error, rows.length, found);
  }
  // Behind a row that is bad for another reason there may be some that the table has.
  const there = found.some(({ cause }) => mayBeStored(cause, table))
    ? await storedRows(session, table, rows, signal)
    : undefined;
  for (const { row, cause } of found) {
    if (there?.has(row) && mayBeStored(cause, table)) skipped.name(rows.sourcesOf([row]));
    else failed.push({ index: rows.sourceOf(row) as number, error: writeError(cause, table.sql) });
  }
  // A row that is there stays as it is, and does not count.
  if (table.plan.conflict.strategy === 'ignore') {
    skipped.count(Math.max(0, rows.length - found.length - changed));
  }
}

/** A statement that the server refused. */
class FailedStatement extends Error {
  constructor(
    override readonly cause: unknown,
    /** The row of the batch that the server names. */
    readonly row: number | undefined,
  ) {
    super();
  }
}

interface FoundRow {
  readonly row: number;
  readonly cause: unknown;
}

class RowStore {
  constructor(
    private readonly context: StoreContext,
    private readonly sender: RowSender,
  ) {}

  /**
   * Insert rows, all or none.
   * @returns how many rows of the table have changed.
   * @throws FailedStatement, or what says nothing of a statement.
   */
  async insert(rows: RowRange): Promise<number> {
    const ranges = this.sender.ranges(rows);
    if (ranges.length > 1) return this.#inTransaction(() => this.#insertEach(ranges));
    try {
      return await this.#insertEach(ranges);
    } catch (error) {
      await this.context.session.rollback();
      throw error;
    }
  }

  /**
   * Insert all rows but the bad ones.
   *
   * @param failed what the insertion of all has failed with.
   * @param found receives the bad ones.
   * @returns how many rows of the table have changed.
   * @throws its error when a row cannot be found, or is one of too many.
   */
  async insertAllBut(failed: FailedStatement, length: number, found: FoundRow[]): Promise<number> {
    const isBad = (error: unknown): error is FailedStatement =>
      error instanceof FailedStatement && classifyMysqlError(error.cause) === 'fatal';
    if (length === 1 || !isBad(failed)) throw failed.cause;
    try {
      return await this.#inTransaction(async () => {
        let error: FailedStatement | undefined = failed;
        let from = 0;
        let changed = 0;
        while (error !== undefined) {
          const { row, cause }: FailedStatement = error;
          if (row === undefined || row < from || found.length === mostNamed) throw failed;
          changed += await this.#insertEach(this.sender.ranges({ from, to: row }));
          found.push({ row, cause: await this.#refusalOf(row, cause) });
          from = row + 1;
          error = undefined;
          try {
            changed += await this.#insertEach(this.sender.ranges({ from, to: length }));
          } catch (next) {
            if (!isBad(next)) throw next;
            error = next;
          }
        }
        return changed;
      });
    } catch (error) {
      // Of the rows before a bad one, or of what keeps the server from being asked.
      if (error instanceof FailedStatement)
        throw classifyMysqlError(error.cause) === 'fatal' ? failed.cause : error.cause;
      throw error;
    }
  }

  /** The error of a row alone. @throws FailedStatement when it is not the one that the server named it for. */
  async #refusalOf(row: number, cause: unknown): Promise<unknown> {
    try {
      await this.#insertEach([{ from: row, to: row + 1 }]);
    } catch (error) {
      if (!(error instanceof FailedStatement)) throw error;
      if (mysqlNumber(error.cause) === mysqlNumber(cause)) return error.cause;
      throw error;
    }
    throw new FailedStatement(cause, undefined);
  }

  async #insertEach(ranges: readonly RowRange[]): Promise<number> {
    let changed = 0;
    for (const rows of ranges) {
      try {
        changed += await this.sender.send(rows);
      } catch (cause) {
        const { signal, session } = this.context;
        signal.throwIfAborted();
        if (mysqlNumber(cause) === undefined || !session.isUsable) throw cause;
        const isBad = classifyMysqlError(cause) === 'fatal';
        const named = isBad ? await namedRow(session, cause) : undefined;
        const isThere = named !== undefined && named <= rows.to - rows.from;
        throw new FailedStatement(cause, isThere ? rows.from + named - 1 : undefined);
      }
    }
    return changed;
  }

  async #inTransaction<T>(body: () => Promise<T>): Promise<T> {
    const { session, signal } = this.context;
    await session.run('START TRANSACTION', signal);
    try {
      const result = await body();
      await session.run('COMMIT', signal);
      return result;
    } catch (error) {
      await session.rollback();
      throw error;
    }
  }
}
