/**
 * The name of a table with its database: `metrics.requests`.
 */

import { quoted } from '../sql/identifier.js';
import { partsOf } from '../sql/name-parts.js';
import type { TablePlan } from '../sql/table-plan.js';

/** A table's name and that of its database; undefined: the connection's. */
export interface TableName {
  readonly database: string | undefined;
  readonly name: string;
  /** Quoted, with the database. */
  readonly sql: string;
}

/** @throws SinkError for an option that is no name. */
export function tableName(plan: TablePlan): TableName {
  const parts = partsOf(plan, '`');
  return {
    database: parts.length === 2 ? parts[0] : undefined,
    name: parts.at(-1) as string,
    sql: parts.map((part) => quoted(part, '`')).join('.'),
  };
}
