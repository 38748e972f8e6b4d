/**
 * Messages to the server, written out before, as `pg` runs them: one write, and one answer at the end of the
 * transaction.
 *
 * `pg` takes any object with `submit` and these handlers in place of a query, as it takes pg-cursor and
 * pg-copy-streams. What it does itself is the connection, TLS, authentication, and the reading of answers.
 */
import type { Connection, Submittable } from 'pg';

export class Pipeline implements Submittable {
  /** How many rows statements have inserted so far. */
  inserted = 0;
  #error: unknown;

  /**
   * @param bytes messages, with one `sync` at the end.
   * @param done receives the first error, or undefined when the transaction is committed. It may be called again.
   */
  constructor(
    private readonly bytes: Uint8Array,
    private readonly done: (error: unknown) => void,
  ) {}

  submit(connection: Connection): void {
    connection.stream.write(this.bytes);
  }

  handleError(error: unknown): void {
    this.#error ??= error;
    this.done(this.#error);
  }

  /** Only now the transaction is committed: a constraint may be checked at its very end. */
  handleReadyForQuery(): void {
    this.done(this.#error);
  }

  handleCommandComplete({ text }: { readonly text: string }): void {
    const [, rows] = /^INSERT 0 (\d+)$/.exec(text) ?? [];
    if (rows !== undefined) this.inserted += Number(rows);
  }

  // The answers to its other parts say nothing that the end does not say.
  handleRowDescription(): void {}
  handleDataRow(): void {}
  handlePortalSuspended(): void {}
  handleEmptyQuery(): void {}
  handleCopyInResponse(): void {}
}
