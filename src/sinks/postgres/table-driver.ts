/**
 * What PostgreSQL does for the tables of its sink.
 */

import { sqlState } from '../../target-errors/sqlstate.js';
import type { TableDriver } from '../sql/table-writer.js';
import { badRows, replaceBad, replaceBadEscapes, type TextColumnRule } from '../wire/bad-text.js';
import { CopyFirst } from './copy-first.js';
import type { PostgresSettings } from './options.js';
import { limitsSql, type PreparedTable, prepareTable } from './prepared-table.js';
import { sentRows } from './sent-rows.js';
import type { Session } from './session.js';
import { StatementNames } from './statement-names.js';
import { storeRows } from './store-rows.js';
import { tableSql } from './table-name.js';
import { TableChangedError } from './unchanged-table.js';
import { writeError } from './write-error.js';

const none: ReadonlyMap<number, unknown> = new Map();

export function postgresDriver(settings: PostgresSettings): TableDriver<Session, PreparedTable> {
  const limits = limitsSql(settings);
  const names = new StatementNames(settings.prepare, (text) => process.emitWarning(text, 'PostgresWarning'));
  // By the prepared table: one that is prepared anew begins anew.
  const copyFirst = new WeakMap<PreparedTable, CopyFirst>();
  const copyFirstOf = (table: PreparedTable) => {
    const known = copyFirst.get(table) ?? new CopyFirst();
    copyFirst.set(table, known);
    return known;
  };
  return {
    keepsIdentities: true,
    prepare: (session, plan) => prepareTable(session, plan, settings),
    badRows: (batch, table) => (table.plan.badText === 'refuse' ? badRows(batch, textColumns(table)) : none),
    sent: (rows, { plan }) => sentRows(plan, rows),
    store({ failed, ...write }, rows) {
      const context = { ...write, limits, names, copyFirst: copyFirstOf(write.table) };
      return storeRows(context, rows, failed);
    },
    isOfAnotherTable,
    writeError: (error, plan) => writeError(error, tableSql(plan)),
  };
}

/** The columns whose values travel as texts. */
function textColumns({ columns }: PreparedTable): TextColumnRule[] {
  return columns.flatMap(({ name, wire }) => {
    if (wire === 'jsonb') return [{ name, replaced: (json: string) => replaceBadEscapes(json, false) }];
    return wire === 'text' ? [{ name, replaced: (text: string) => replaceBad(text, false) }] : [];
  });
}

/** SQLSTATEs after which the table may be another one than was prepared. */
function isOfAnotherTable(error: unknown): boolean {
  if (error instanceof TableChangedError) return true;
  const state = sqlState(error);
  return state !== undefined && /^(42|22P03|08P01|0A000|26000)/.test(state);
}
