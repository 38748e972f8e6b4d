/**
 * Whether a table that exists can take a schema's rows, column by column. Found out before the first batch.
 */
import { SinkError } from '../../errors.js';
import type { Schema } from '../../schema/columns/schema.js';
import type { Dialect, TableColumn } from './dialect.js';
import { uniqueIndexSql } from './statements.js';
import type { TablePlan } from './table-plan.js';

/** What keeps a table from taking rows, and what would help. */
export interface Misfit {
  readonly fault: string;
  /** The text after `ALTER TABLE t`. */
  readonly remedy: string | undefined;
  /** Columns that need a unique index beside that. */
  readonly index?: readonly string[];
}

/** Everything about a table that keeps it from taking the schema's rows; empty when it fits. */
export function misfits<C extends TableColumn>(
  dialect: Dialect<C>,
  columns: readonly C[],
  schema: Schema,
  identityColumn?: string,
): Misfit[] {
  const unfilled = new Map(columns.map((column) => [dialect.fold(column.name), column]));
  const found = Object.entries(schema.columns).flatMap(([name, { type, nullable }]): Misfit[] => {
    const quoted = dialect.quote(name);
    const needed = `${type} needs ${dialect.fittingTypes(type)}`;
    const there = unfilled.get(dialect.fold(name));
    unfilled.delete(dialect.fold(name));
    if (there === undefined) {
      const remedy = `ADD COLUMN ${quoted} ${dialect.declaredType(type, false)}`;
      return [{ fault: `column ${quoted} is missing; ${needed}`, remedy }];
    }
    const { declared, closed, notNull } = there;
    if (closed !== undefined) {
      const fault = `column ${quoted} is ${closed}; the schema needs a column that takes values`;
      return [{ fault, remedy: undefined }];
    }
    if (!dialect.fits(type, there)) {
      const remedy = dialect.alter.changeType(quoted, dialect.declaredType(type, false));
      return [{ fault: `column ${quoted} is ${declared}; ${needed}`, remedy }];
    }
    if (notNull && nullable) {
      const fault = `column ${quoted} is NOT NULL; the schema's is optional and needs one that takes NULL`;
      return [{ fault, remedy: dialect.alter.allowNull(quoted, declared) }];
    }
    return [];
  });
  if (identityColumn !== undefined) {
    found.push(...identityMisfits(dialect, unfilled.get(dialect.fold(identityColumn)), identityColumn));
    unfilled.delete(dialect.fold(identityColumn));
  }
  const left = [...unfilled.values()].filter(({ notNull, filled }) => notNull && !filled);
  return [
    ...found,
    ...left.map(({ name, declared }) => {
      const quoted = dialect.quote(name);
      const fault = `column ${quoted} is NOT NULL without a default, and the schema lacks it`;
      return { fault, remedy: dialect.alter.allowNull(quoted, declared) };
    }),
  ];
}

function identityMisfits<C extends TableColumn>(
  { quote, identity, alter }: Dialect<C>,
  there: C | undefined,
  name: string,
): Misfit[] {
  if (identity === undefined) throw new SinkError('identityColumn is not for this sink');
  const quoted = quote(name);
  if (there === undefined) {
    const fault = `the identity column ${quoted} is missing; it needs ${identity.type}`;
    if (alter.addsUnique === false) {
      const index = [name, ...(identity.indexedWith ?? [])];
      return [{ fault, remedy: `ADD COLUMN ${quoted} ${identity.type}`, index }];
    }
    return [{ fault, remedy: `ADD COLUMN ${quoted} ${identity.type} UNIQUE` }];
  }
  if (there.closed !== undefined) {
    return [{ fault: `the identity column ${quoted} is ${there.closed}`, remedy: undefined }];
  }
  if (identity.fits(there)) return [];
  const fault = `the identity column ${quoted} is ${there.declared}; it needs ${identity.type}`;
  return [{ fault, remedy: alter.changeType(quoted, identity.type) }];
}

/**
 * The text of an error for a table that does not fit, with the statements that would help.
 *
 * @param table the quoted name.
 */
export function misfitText<C extends TableColumn>(
  dialect: Dialect<C>,
  table: string,
  plan: Pick<TablePlan, 'table' | 'schema'>,
  found: readonly Misfit[],
): string {
  const faults = found.map(({ fault }) => fault).join('; ');
  const remedies = found.flatMap(({ remedy }) => (remedy === undefined ? [] : [remedy]));
  const changes = dialect.alter.isOneAStatement || remedies.length === 0 ? remedies : [remedies.join(', ')];
  const statements = [
    ...changes.map((change) => `ALTER TABLE ${table} ${change}`),
    ...found.flatMap(({ index }) =>
      index === undefined ? [] : [uniqueIndexSql(dialect, table, plan, index)],
    ),
  ];
  const help = statements.length === 0 ? '' : `; this would help: ${statements.join('; ')}`;
  return `table ${table} cannot take rows of schema "${plan.schema.name}": ${faults}${help}`;
}
