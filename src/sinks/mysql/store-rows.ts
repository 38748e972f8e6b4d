/**
 * Storing rows in a prepared table, each batch whole, and finding the bad ones among them.
 *
 * A batch is one statement, or several in a transaction where one message does not hold it. The server says for which
 * row of a statement it has failed. That is tried: the rows before it are inserted, which has to succeed, and the row
 * alone, which has to fail as before. Then it is given up alone. Where the server names no row, or another one than the
 * bad one, or too many one after the other, the error is thrown, and the engine halves the batch.
 */
import type { SentRows } from '../sql/sent-rows.js';
import type { RowFailure } from '../sql/table-writer.js';
import { classifyMysqlError, errnoOf, refusesBulk } from './classify.js';
import { namedRow } from './named-row.js';
import type { PreparedTable } from './prepared-table.js';
import { RowSender } from './row-sender.js';
import { RowTooLargeError } from './row-too-large.js';
import type { Session } from './session.js';
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
}

/**
 * Store rows.
 *
 * @param failed receives the rows that are given up. All others are stored when the promise resolves.
 */
export async function storeRows(context: StoreContext, rows: SentRows, failed: RowFailure[]): Promise<void> {
  const { session, table, ways, signal } = context;
  const way = ways.of(session);
  const sender = new RowSender(session, table, rows.batch, way, signal);
  const large = sender.tooLarge();
  if (large.length > 0) {
    const error = new RowTooLargeError(sender.mostBytes);
    for (const row of large) failed.push({ index: rows.sourceOf(row) as number, error });
    const left = rows.without(new Set(large));
    if (left.length > 0) await storeRows(context, left, failed);
    return;
  }
  const store = new RowStore(context, sender);
  try {
    await store.insert({ from: 0, to: rows.length });
  } catch (error) {
    if (way === 'bulk' && error instanceof FailedStatement && refusesBulk(error.cause)) {
      ways.refuseBulk(error.cause);
      await storeRows(context, rows, failed);
      return;
    }
    if (!(error instanceof FailedStatement)) throw error;
    const found = await store.insertAllBut(error, rows.length);
    for (const { row, cause } of found) {
      failed.push({ index: rows.sourceOf(row) as number, error: writeError(cause, table.sql) });
    }
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

  /** Insert rows, all or none. @throws FailedStatement, or what says nothing of a statement. */
  async insert(rows: RowRange): Promise<void> {
    const ranges = this.sender.ranges(rows);
    if (ranges.length > 1) return this.#inTransaction(() => this.#insertEach(ranges));
    try {
      await this.#insertEach(ranges);
    } catch (error) {
      await this.context.session.rollback();
      throw error;
    }
  }

  /**
   * Insert all rows but the bad ones.
   *
   * @param failed what the insertion of all has failed with.
   * @throws its error when a row cannot be found, or is one of too many.
   */
  async insertAllBut(failed: FailedStatement, length: number): Promise<readonly FoundRow[]> {
    const isBad = (error: unknown): error is FailedStatement =>
      error instanceof FailedStatement && classifyMysqlError(error.cause) === 'fatal';
    if (length === 1 || !isBad(failed)) throw failed.cause;
    const found: FoundRow[] = [];
    try {
      await this.#inTransaction(async () => {
        let error: FailedStatement | undefined = failed;
        let from = 0;
        while (error !== undefined) {
          const { row, cause }: FailedStatement = error;
          if (row === undefined || row < from || found.length === mostNamed) throw failed;
          await this.#insertEach(this.sender.ranges({ from, to: row }));
          found.push({ row, cause: await this.#refusalOf(row, cause) });
          from = row + 1;
          error = undefined;
          try {
            await this.#insertEach(this.sender.ranges({ from, to: length }));
          } catch (next) {
            if (!isBad(next)) throw next;
            error = next;
          }
        }
      });
    } catch (error) {
      // Of the rows before a bad one, or of what keeps the server from being asked.
      if (error instanceof FailedStatement)
        throw classifyMysqlError(error.cause) === 'fatal' ? failed.cause : error.cause;
      throw error;
    }
    return found;
  }

  /** The error of a row alone. @throws FailedStatement when it is not the one that the server named it for. */
  async #refusalOf(row: number, cause: unknown): Promise<unknown> {
    try {
      await this.#insertEach([{ from: row, to: row + 1 }]);
    } catch (error) {
      if (!(error instanceof FailedStatement)) throw error;
      if (errnoOf(error.cause) === errnoOf(cause)) return error.cause;
      throw error;
    }
    throw new FailedStatement(cause, undefined);
  }

  async #insertEach(ranges: readonly RowRange[]): Promise<void> {
    for (const rows of ranges) {
      try {
        await this.sender.send(rows);
      } catch (cause) {
        const { signal, session } = this.context;
        signal.throwIfAborted();
        if (errnoOf(cause) === undefined || !session.isUsable) throw cause;
        const isBad = classifyMysqlError(cause) === 'fatal';
        const named = isBad ? await namedRow(session, cause) : undefined;
        const isThere = named !== undefined && named <= rows.to - rows.from;
        throw new FailedStatement(cause, isThere ? rows.from + named - 1 : undefined);
      }
    }
  }

  async #inTransaction(body: () => Promise<void>): Promise<void> {
    const { session, signal } = this.context;
    await session.run('START TRANSACTION', signal);
    try {
      await body();
      await session.run('COMMIT', signal);
    } catch (error) {
      await session.rollback();
      throw error;
    }
  }
}
