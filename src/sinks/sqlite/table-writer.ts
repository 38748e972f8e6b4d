/**
 * Writing batches of one schema to its table: multi-row INSERTs, a transaction a batch.
 *
 * A batch of any length is cut into chunks of 2^n rows, largest first: 1000 rows of six columns are
 * 7 × 128 + 64 + 32 + 8. So a handful of prepared statements serves every length.
 */
import type Sqlite from 'better-sqlite3';
import type { Batch } from '../../schema/read/batch.js';
import type { TablePlan } from '../sql/table-plan.js';
import { columnValues, type SqliteValue } from './column-values.js';
import { insertSql } from './schema-sql.js';

/**
 * Parameters of one statement, at most. SQLite allows 32,766; past some hundred little is gained: with six
 * columns a row costs 1.44 µs alone, 0.98 µs among 8 rows, 0.94 µs among 128 and 0.88 µs among 5000.
 */
const maxParameters = 1024;

export class TableWriter {
  readonly #transaction: (batch: Batch) => number;
  readonly #columns: string[];
  readonly #maxRows: number;
  readonly #statements = new Map<number, Sqlite.Statement>();
  /** What SQLite remembers of the tables may be out of date. */
  #stale = false;

  constructor(
    private readonly db: Sqlite.Database,
    private readonly plan: TablePlan,
  ) {
    this.#columns = Object.keys(plan.schema.columns);
    const columns = this.#columns.length + (plan.identityColumn === undefined ? 0 : 1);
    this.#maxRows = powerOfTwo(Math.max(1, Math.floor(maxParameters / columns)));
    // Immediate: other writers of the file are met at its very begin (SQLITE_BUSY), before any work is done.
    this.#transaction = db.transaction((batch: Batch) => this.#insert(batch)).immediate;
  }

  /** Stores every row of a batch, or throws and stores none. @returns how many were left out, as keys are taken. */
  write(batch: Batch): number {
    if (this.#stale) this.#readTablesAnew();
    try {
      const changed = this.#transaction(batch);
      this.#stale = false;
      return this.#leavesOut ? batch.length - changed : 0;
    } catch (error) {
      this.#stale = true;
      throw error;
    }
  }

  /**
   * SQLite sees that tables have changed when it runs a statement, not when it compiles one. So a statement that
   * the changed table does not allow would not compile ever again, though the table were put right meanwhile.
   */
  #readTablesAnew(): void {
    this.db.prepare('SELECT 1 FROM sqlite_schema LIMIT 1').get();
  }

  get #leavesOut(): boolean {
    return this.plan.identityColumn !== undefined || this.plan.conflict.strategy === 'ignore';
  }

  /** @returns how many rows are new or changed. */
  #insert(batch: Batch): number {
    const values: ((i: number) => SqliteValue)[] = Object.entries(this.plan.schema.columns).map(
      ([name, column]) => columnValues(batch, name, column),
    );
    if (this.plan.identityColumn !== undefined) values.push((i) => batch.identityBytes(i));
    let changed = 0;
    for (let from = 0; from < batch.length; ) {
      const rows = Math.min(this.#maxRows, powerOfTwo(batch.length - from));
      changed += this.#statement(rows).run(parameters(values, from, rows)).changes;
      from += rows;
    }
    return changed;
  }

  #statement(rows: number): Sqlite.Statement {
    let statement = this.#statements.get(rows);
    if (statement === undefined) {
      statement = this.db.prepare(insertSql(this.plan, this.#columns, rows));
      this.#statements.set(rows, statement);
    }
    return statement;
  }
}

/** Row after row, filled column by column. */
function parameters(
  columns: readonly ((i: number) => SqliteValue)[],
  from: number,
  rows: number,
): SqliteValue[] {
  const filled = new Array<SqliteValue>(rows * columns.length);
  columns.forEach((value, column) => {
    for (let row = 0, at = column; row < rows; row++, at += columns.length) filled[at] = value(from + row);
  });
  return filled;
}

/** The largest power of two that is not above `n`, a whole number from 1. */
function powerOfTwo(n: number): number {
  return 2 ** (31 - Math.clz32(n));
}
