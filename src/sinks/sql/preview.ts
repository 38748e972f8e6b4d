/**
 * Previews of what is sent, by what a dialect says of a plan.
 */
import { batchOf } from '../../schema/batch-of.js';
import type { Batch } from '../../schema/read/batch.js';
import { fingerprintOf } from './fingerprint.js';
import type { Preview, SqlPreview } from './preview-sql.js';
import { SentRows } from './sent-rows.js';
import { planOf, type TablePlan } from './table-plan.js';

/** What a dialect says. */
interface Statements {
  /** The statement for so many rows. */
  statement(plan: TablePlan, rows: number): string;
  /** The rows that are sent. */
  sent(plan: TablePlan, rows: SentRows): SentRows;
}

export function previewBy(statements: Statements): Preview {
  return (tables, schema, rows, values) => {
    // Of a flow with several schemas, one is looked at.
    return preview(
      statements,
      planOf(schema, tables),
      batchOf(schema, rows as Iterable<never>) as Batch,
      values,
    );
  };
}

function preview(statements: Statements, plan: TablePlan, batch: Batch, values: boolean): SqlPreview {
  const { schema, conflict, identityColumn } = plan;
  const sent = statements.sent(plan, SentRows.of(batch));
  const names = Object.keys(schema.columns);
  const columns = identityColumn === undefined ? names : [...names, identityColumn];
  const left = batch.length - sent.length;
  const merges = conflict.strategy === 'update';
  const argsCount = sent.length * columns.length;
  return {
    table: plan.table,
    sql: statements.statement(plan, sent.length),
    args: values ? valuesOf(sent.batch, names, identityColumn) : new Array(argsCount).fill('[redacted]'),
    argsCount,
    columns,
    conflictStrategy: conflict.strategy,
    conflictColumns: conflict.key,
    updateColumns: conflict.updated,
    dedupStats: {
      input: batch.length,
      output: sent.length,
      deduplicated: merges ? 0 : left,
      merged: merges ? left : 0,
    },
    fingerprint: fingerprintOf(statements.statement(plan, 1)),
  };
}

function valuesOf(batch: Batch, names: readonly string[], identityColumn: string | undefined): unknown[] {
  return batch.rows().flatMap((row, i) => {
    const values = names.map((name) => (row as Record<string, unknown>)[name]);
    return identityColumn === undefined ? values : [...values, batch.identityBytes(i)];
  });
}
