/**
 * What MySQL and MariaDB do for the tables of their sink.
 */

import { addBadNumbers, type NumberColumnRule } from '../sql/bad-value.js';
import type { TableDriver } from '../sql/table-writer.js';
import { badRows, replaceBad, replaceBadEscapes, type TextColumnRule } from '../wire/bad-text.js';
import { isOfAnotherTable } from './classify.js';
import { addNonMembers } from './member-columns.js';
import { type PreparedTable, prepareTable } from './prepared-table.js';
import type { Session } from './session.js';
import { storeRows } from './store-rows.js';
import { tableName } from './table-name.js';
import type { Ways } from './ways.js';
import { holdsTime } from './wire/time-cells.js';
import { writeError } from './write-error.js';

export function mysqlDriver(ways: Ways): TableDriver<Session, PreparedTable> {
  return {
    keepsIdentities: true,
    prepare: prepareTable,
    badRows(batch, table) {
      const found = new Map<number, unknown>();
      addBadNumbers(found, batch, numberColumns(table));
      addNonMembers(found, batch, table.memberColumns);
      if (table.plan.badText === 'replace') return found;
      for (const [row, error] of badRows(batch, textColumns(table))) found.set(row, error);
      return found;
    },
    store: ({ failed, ...write }, rows) => storeRows({ ...write, ways }, rows, failed),
    isOfAnotherTable,
    writeError: (error, plan) => writeError(error, tableName(plan).sql),
  };
}

function numberColumns({ columns }: PreparedTable): NumberColumnRule[] {
  return columns.flatMap(({ name, wire }): NumberColumnRule[] => {
    if (wire === 'float' || wire === 'double')
      return [{ name, holds: Number.isFinite, expected: 'finite numbers' }];
    return wire === 'datetime' ? [{ name, holds: holdsTime, expected: 'times from year 1 to 9999' }] : [];
  });
}

/** The columns whose values travel as texts. */
function textColumns({ columns }: PreparedTable): TextColumnRule[] {
  return columns.flatMap(({ name, wire }) => {
    if (wire === 'json') return [{ name, replaced: (json: string) => replaceBadEscapes(json, true) }];
    return wire === 'text' ? [{ name, replaced: (text: string) => replaceBad(text, true) }] : [];
  });
}
