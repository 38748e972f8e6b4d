/**
 * What an SQL sink makes of a batch, for metrics: the rows that it sends, their values, and the rows that others of
 * their key stand for.
 */
import type { GeneratedOperation, SinkTarget } from '../../metrics/cells/operations.js';
import type { Schema } from '../../schema/columns/schema.js';
import type { TablesSettings } from './options.js';
import type { TablePlan } from './table-plan.js';

/** Receives what is made of each batch. */
export type Generated = (schema: Schema, operation: GeneratedOperation) => void;

/** A sink of several tables counts as one that handles conflicts when one of them does. */
export function sqlTarget({ all, bySchema }: TablesSettings): SinkTarget {
  const inserts = [all, ...Object.values(bySchema)].every(({ conflict }) => conflict === 'error');
  return { backend: 'sql', operation: inserts ? 'insert' : 'upsert' };
}

/**
 * @param rows of the batch.
 * @param sent rows of these that are sent.
 * @param deduplicated rows that are not sent, as others of their key or identity stand for them.
 */
export function generatedSql(
  { schema, identityColumn, conflict }: TablePlan,
  rows: number,
  sent: number,
  deduplicated: number,
): GeneratedOperation {
  const columns = Object.keys(schema.columns).length + (identityColumn === undefined ? 0 : 1);
  const operation = { inputItems: rows, outputItems: sent, args: sent * columns };
  if (deduplicated === 0) return operation;
  return { ...operation, deduplicated: { strategy: conflict.strategy, rows: deduplicated } };
}
