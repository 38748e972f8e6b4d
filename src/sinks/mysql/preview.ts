/**
 * What the MySQL sink would send, as one statement. In bulk, MariaDB gets the statement of one row and all rows.
 */
import { previewBy } from '../sql/preview.js';
import { insertText } from './insert-text.js';
import { tableName } from './table-name.js';

export const preview = previewBy({
  statement: (plan, rows) => insertText(plan, tableName(plan).sql).of(rows),
  // The server goes through the rows one by one, so a key may stand twice.
  sent: (_, rows) => rows,
});
