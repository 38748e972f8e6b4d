/**
 * Every column type of the engine has a place in SQLite: it is declared, bound and stored.
 */
import Database from 'better-sqlite3';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { batchOf } from '../../../dist/src/schema/batch-of.js';
import { typeNames } from '../../../dist/src/schema/columns/types/table.js';
import { createTableSql } from '../../../dist/src/sinks/sql/statements.js';
import { plansOf, type TablePlan } from '../../../dist/src/sinks/sql/table-plan.js';
import { columnValues } from '../../../dist/src/sinks/sqlite/column-values.js';
import { sqliteDialect } from '../../../dist/src/sinks/sqlite/dialect.js';
import { settingsOf } from '../../../dist/src/sinks/sqlite/options.js';
import { insertSql } from '../../../dist/src/sinks/sqlite/schema-sql.js';
import { affinitiesOf, fits, mayBeNaN } from '../../../dist/src/sinks/sqlite/storage.js';
import { rowsOf } from '../../fixtures/any-rows.js';

const { tables } = settingsOf({ file: 'x.db', table: 'rows' });

test.each(typeNames)('%s is stored in the column that a new table declares', (type) => {
  const [declared] = affinitiesOf(type);
  expect(fits(type, declared, false)).toBe(true);
  expect(fits(type, declared, true)).toBe(true);
  fc.assert(
    fc.property(rowsOf([['value', { type, nullable: true }]], 10), ({ schema, events, rows }) => {
      const db = new Database(':memory:');
      try {
        const [plan] = plansOf([schema], tables) as [TablePlan];
        for (const statement of createTableSql(sqliteDialect, 'rows', plan)) db.exec(statement);
        const insert = db.prepare(insertSql(plan, ['value'], 1));
        const values = columnValues(batchOf(schema, events as never[]), 'value', { type, nullable: true });
        for (const [i] of rows.entries()) insert.run(values(i));
        const stored = db.prepare('SELECT typeof(value) FROM rows').pluck().all() as string[];
        const kinds = rows.map((row) => {
          const { value } = row as { value: unknown };
          if (value === null || (mayBeNaN(type) && Number.isNaN(value))) return 'null';
          // A whole number in a NUMERIC column is an integer; a timestamp may have a fraction.
          return declared === 'INTEGER' && !Number.isInteger(Number(value)) ? 'real' : declared.toLowerCase();
        });
        expect(stored).toEqual(kinds);
      } finally {
        db.close();
      }
    }),
    { numRuns: 30 },
  );
});
