/**
 * Writing batches of one schema to its table: multi-row INSERTs, a transaction a batch.
 *
 * A batch of any length is cut into chunks of 2^n rows, largest first: 1000 rows of six columns are
 * 7 × 128 + 64 + 32 + 8. So a handful of prepared statements serves every length.
 */
import type Sqlite from 'better-sqlite3';
import type { Batch } from '../../schema/read/batch.js';
import type { SentRows } from '../sql/sent-rows.js';
import type { SkippedRows } from '../sql/skipped-rows.js';
import type { TablePlan } from '../sql/table-plan.js';
import { columnValues, type SqliteValue } from './column-values.js';
import { insertSql } from './schema-sql.js';
import { storedRows } from './stored-rows.js';

/**
 * Parameters of one statement, at most. SQLite allows 32,766; past some hundred little is gained: with six
 * columns a row costs 1.44 µs alone, 0.98 µs among 8 rows, 0.94 µs among 128 and 0.88 µs among 5000.
 */
const maxParameters = 1024;

/** What an insertion has left out. */
interface StoredPart {
  /** The rows that the table has, by their identities. */
  readonly there: ReadonlySet<number>;
  /** How many of the others it has left out for another key. */
  readonly left: number;
}

/** Takes a transaction back. */
class SomeAreThere extends Error {}

export class TableWriter {
  readonly #insertAll: (batch: Batch) => number;
  readonly #insertOthers: (rows: SentRows) => StoredPart;
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
    this.#insertAll = db.transaction((batch: Batch) => this.#insertWhole(batch)).immediate;
    this.#insertOthers = db.transaction((rows: SentRows) => this.#insertMissing(rows)).immediate;
  }

  /**
   * Stores every row, or throws and stores none.
   *
   * @param skipped receives those that are left out, as their keys are taken.
   */
  write(rows: SentRows, skipped: SkippedRows): void {
    if (this.#stale) this.#readTablesAnew();
    try {
      this.#write(rows, skipped);
      this.#stale = false;
    } catch (error) {
      this.#stale = true;
      throw error;
    }
  }

  #write(rows: SentRows, skipped: SkippedRows): void {
    const { identityColumn, conflict } = this.plan;
    let changed: number;
    try {
      changed = this.#insertAll(rows.batch);
    } catch (error) {
      if (!(error instanceof SomeAreThere)) throw error;
      const { there, left } = this.#insertOthers(rows);
      skipped.name(rows.sourcesOf(there));
      skipped.count(left);
      return;
    }
    if (identityColumn !== undefined || conflict.strategy === 'ignore') skipped.count(rows.length - changed);
  }

  /**
   * SQLite sees that tables have changed when it runs a statement, not when it compiles one. So a statement that
   * the changed table does not allow would not compile ever again, though the table were put right meanwhile.
   */
  #readTablesAnew(): void {
    this.db.prepare('SELECT 1 FROM sqlite_schema LIMIT 1').get();
  }

  /** @throws SomeAreThere where a program gives identities, and is to learn which of them were there. */
  #insertWhole(batch: Batch): number {
    const changed = this.#insert(batch);
    const isNamed = this.plan.identityColumn !== undefined && batch.data.identities.given !== undefined;
    if (isNamed && changed < batch.length) throw new SomeAreThere();
    return changed;
  }

  /** Insert the rows that the table lacks. */
  #insertMissing(rows: SentRows): StoredPart {
    const there = storedRows(this.db, this.plan, rows.batch);
    const { batch, length } = rows.without(there);
    return { there, left: length - this.#insert(batch) };
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
