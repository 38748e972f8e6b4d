/**
 * Writing batches of one schema to its table.
 */
import type { Batch } from '../../schema/read/batch.js';
import type { WriteResult } from '../../sink.js';
import { badRows, replaceBad, replaceBadEscapes, type TextColumnRule } from '../sql/bad-text.js';
import { SentRows } from '../sql/sent-rows.js';
import type { TablePlan } from '../sql/table-plan.js';
import { sqlState } from './classify.js';
import type { PostgresSettings } from './options.js';
import { limitsSql, type PreparedTable, prepareTable } from './prepared-table.js';
import type { Session } from './session.js';
import type { Sessions } from './sessions.js';
import { type RowFailure, storeRows } from './store-rows.js';
import { tableSql } from './table-name.js';
import { untilAborted } from './until-aborted.js';
import { writeError } from './write-error.js';

export class TableWriter {
  readonly #limits: string | undefined;
  /** Undefined until the server has been asked, and after errors that say that the table is another one now. */
  #table: Promise<PreparedTable> | undefined;

  constructor(
    private readonly plan: TablePlan,
    private readonly settings: PostgresSettings,
    private readonly sessions: Sessions,
  ) {
    this.#limits = limitsSql(settings);
  }

  /** Make or check the table. @throws SinkError, or what keeps the server from being asked. */
  async prepare(): Promise<void> {
    const session = await this.sessions.take();
    try {
      await this.#prepared(session);
    } finally {
      this.sessions.give(session);
    }
  }

  /** @returns the rows that are given up; undefined when all are stored. */
  async write(batch: Batch, signal: AbortSignal): Promise<WriteResult | undefined> {
    const session = await this.sessions.take(signal);
    const failed: RowFailure[] = [];
    try {
      const table = await untilAborted(this.#prepared(session), signal);
      const rows = this.#rowsToSend(batch, table, failed);
      if (rows.length > 0) {
        const { prepare } = this.settings;
        await storeRows({ session, table, limits: this.#limits, prepare, signal }, rows, failed);
      }
      return failed.length === 0 ? undefined : { failed };
    } catch (error) {
      if (isOfAnotherTable(error)) this.#table = undefined;
      throw writeError(error, tableSql(this.plan));
    } finally {
      if (signal.aborted) this.sessions.abandon(session);
      else this.sessions.give(session);
    }
  }

  #prepared(session: Session): Promise<PreparedTable> {
    this.#table ??= this.#prepare(session);
    return this.#table;
  }

  async #prepare(session: Session): Promise<PreparedTable> {
    try {
      return await prepareTable(session, this.plan, this.settings);
    } catch (error) {
      // The next write asks again: it may have been put right.
      this.#table = undefined;
      throw error;
    }
  }

  #rowsToSend(batch: Batch, table: PreparedTable, failed: RowFailure[]): SentRows {
    const { conflict, badText } = this.plan;
    let rows = SentRows.of(batch);
    if (badText === 'refuse') {
      const bad = badRows(batch, textColumns(table));
      for (const [index, error] of bad) failed.push({ index, error });
      rows = rows.without(new Set(bad.keys()));
    }
    // A statement may not update one row twice. Rows that a partial index leaves out are none of its business; where
    // two of the others share a key, the error that follows halves the batch.
    const overwrites = conflict.strategy === 'update' || conflict.strategy === 'replace';
    return overwrites && conflict.where === undefined ? rows.oneAKey(conflict) : rows;
  }
}

/** The columns whose values travel as texts. */
function textColumns({ columns }: PreparedTable): TextColumnRule[] {
  return columns.flatMap(({ name, wire }) => {
    if (wire === 'jsonb') return [{ name, replaced: replaceBadEscapes }];
    return wire === 'text' ? [{ name, replaced: (text: string) => replaceBad(text, false) }] : [];
  });
}

/** SQLSTATEs after which the table may be another one than was prepared. */
function isOfAnotherTable(error: unknown): boolean {
  const state = sqlState(error);
  return state !== undefined && /^(42|22P03|08P01|0A000|26000)/.test(state);
}
