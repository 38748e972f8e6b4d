/**
 * Counts the demo's rows in the SQLite file, over a connection of its own: what any other program would see.
 */
import Database from 'better-sqlite3';

export class RowCount {
  readonly #db: Database.Database;
  readonly #table: string;
  readonly #lastBefore: number;

  /** Looks at a table that exists; rows that are in it now are not counted. */
  constructor(file: string, table: string) {
    this.#db = new Database(file, { readonly: true });
    this.#table = `"${table.replaceAll('"', '""')}"`;
    const last = this.#db.prepare(`SELECT coalesce(max(rowid), 0) FROM ${this.#table}`).pluck().get();
    this.#lastBefore = last as number;
  }

  /** Rows that came since and whose `userAgent` ends with the marker: there may be other clients, too. */
  count(marker: string): number {
    const select = `SELECT count(*) FROM ${this.#table} WHERE rowid > ? AND userAgent LIKE ?`;
    return this.#db.prepare(select).pluck().get(this.#lastBefore, `%${marker}`) as number;
  }

  close(): void {
    this.#db.close();
  }
}
