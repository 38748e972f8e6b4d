/**
 * The prepared statements of one connection, of which the server keeps the latest.
 */
import type { Connection } from 'mysql2';

/** Most statements that are kept: one with a parameter for each of 7000 values takes 3 MB of the server's memory. */
const mostKept = 8;

export class Statements {
  /** Numbers by text; the one that was used last is the last. */
  readonly #kept = new Map<string, number>();

  constructor(private readonly connection: Connection) {}

  /** @returns the server's number of a statement. */
  async prepare(sql: string): Promise<number> {
    const known = this.#kept.get(sql);
    if (known !== undefined) {
      this.#kept.delete(sql);
      this.#kept.set(sql, known);
      return known;
    }
    const id = await new Promise<number>((resolve, reject) => {
      this.connection.prepare(sql, (error, statement) => {
        if (error) reject(error);
        else resolve((statement as unknown as { id: number }).id);
      });
    });
    this.#kept.set(sql, id);
    if (this.#kept.size > mostKept) {
      const [oldest] = this.#kept.keys() as MapIterator<string>;
      this.#kept.delete(oldest as string);
      this.connection.unprepare(oldest as string);
    }
    return id;
  }
}
