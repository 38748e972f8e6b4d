/**
 * Writing batches of one schema to its table.
 */
import { SinkError } from '../../errors.js';
import type { Batch } from '../../schema/read/batch.js';
import type { WriteResult } from '../../sink.js';
import type { Sessions } from '../connections/sessions.js';
import { untilAborted } from '../connections/until-aborted.js';
import { type Generated, generatedSql } from './generated.js';
import type { SentRows } from './sent-rows.js';
import type { SkippedRows } from './skipped-rows.js';
import type { SqlSession } from './sql-session.js';
import type { TablePlan } from './table-plan.js';
import { type RowFailure, WriteAnswer } from './write-answer.js';

/** One write to a table. */
export interface TableWrite<S, T> {
  readonly session: S;
  readonly table: T;
  readonly signal: AbortSignal;
  /** Receives the rows that are given up. */
  readonly failed: RowFailure[];
  /** Receives the rows that the table had already. */
  readonly skipped: SkippedRows;
}

/** What a database does for the tables of its sink. `T` is what it knows of a table that is ready. */
export interface TableDriver<S, T> {
  /** Whether tables may have a column of rows' identities. */
  readonly keepsIdentities?: boolean;
  /** Make or check a table. @throws SinkError, or what keeps the server from being asked. */
  prepare(session: S, plan: TablePlan): Promise<T>;
  /** Rows with values that the database cannot hold, each with its error. */
  badRows(batch: Batch, table: T): ReadonlyMap<number, unknown>;
  /** The rows as one statement may have them. Default: as they are. */
  sent?(rows: SentRows, table: T): SentRows;
  /** Store rows. All but those that are given up are in the table when the promise resolves. */
  store(write: TableWrite<S, T>, rows: SentRows): Promise<void>;
  /** Whether the table may be another one than was prepared. */
  isOfAnotherTable(error: unknown): boolean;
  /** The error to throw for one that a write met. */
  writeError(error: unknown, plan: TablePlan): unknown;
}

export class TableWriter<S extends SqlSession, T> {
  /** Undefined until the server has been asked, and after errors that say that the table is another one now. */
  #table: Promise<T> | undefined;

  constructor(
    private readonly plan: TablePlan,
    private readonly sessions: Sessions<S>,
    private readonly driver: TableDriver<S, T>,
    private readonly generated: Generated | undefined,
  ) {}

  /**
   * Make or check the table.
   * @param signal ends it; then the error is its reason.
   * @throws SinkError, or what keeps the server from being asked.
   */
  async prepare(signal?: AbortSignal): Promise<void> {
    const session = await this.sessions.take(signal);
    try {
      await untilAborted(this.#prepared(session), signal);
    } finally {
      if (signal?.aborted) this.sessions.abandon(session);
      else this.sessions.give(session);
    }
  }

  /** @returns the rows that are given up, and how many were there; undefined when all are stored now. */
  async write(batch: Batch, signal: AbortSignal): Promise<WriteResult | undefined> {
    const { driver, plan, sessions } = this;
    const session = await sessions.take(signal);
    try {
      const table = await untilAborted(this.#prepared(session), signal);
      const answer = new WriteAnswer(batch, plan, driver.badRows(batch, table));
      const { failed, skipped, repeated } = answer;
      const rows = driver.sent?.(answer.rows, table) ?? answer.rows;
      const merged = answer.rows.length - rows.length;
      this.generated?.(plan.schema, generatedSql(plan, batch.length, rows.length, repeated + merged));
      if (rows.length > 0) await driver.store({ session, table, signal, failed, skipped }, rows);
      return answer.result();
    } catch (error) {
      if (driver.isOfAnotherTable(error)) this.#table = undefined;
      throw driver.writeError(error, plan);
    } finally {
      if (signal.aborted) sessions.abandon(session);
      else sessions.give(session);
    }
  }

  #prepared(session: S): Promise<T> {
    this.#table ??= this.#prepare(session);
    return this.#table;
  }

  async #prepare(session: S): Promise<T> {
    const { driver, plan } = this;
    if (plan.identityColumn !== undefined && driver.keepsIdentities !== true) {
      throw new SinkError('the option identityColumn is not for this sink');
    }
    try {
      return await driver.prepare(session, plan);
    } catch (error) {
      // The next write asks again: it may have been put right.
      this.#table = undefined;
      throw error;
    }
  }
}
