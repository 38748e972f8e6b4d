/**
 * What the PostgreSQL sink would send.
 */
import { previewBy } from '../sql/preview.js';
import { newTable, preparedTable } from './prepared-table.js';
import { sentRows } from './sent-rows.js';
import { copyStatement } from './store-rows.js';
import { tableSql } from './table-name.js';

export const preview = previewBy({
  statement(plan) {
    const table = preparedTable(plan, tableSql(plan), newTable(plan));
    return plan.conflict.strategy === 'error' ? copyStatement(table, table.sql) : table.insertSql;
  },
  sent: sentRows,
});
