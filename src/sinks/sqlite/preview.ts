/**
 * What the SQLite sink would send.
 */
import { previewBy } from '../sql/preview.js';
import { insertSql } from './schema-sql.js';

export const preview = previewBy({
  statement: (plan, rows) => insertSql(plan, Object.keys(plan.schema.columns), rows),
  // SQLite goes through the rows one by one, so a key may stand twice.
  sent: (_, rows) => rows,
});
