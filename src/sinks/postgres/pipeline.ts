/**
 * Messages to the server, written out before, as `pg` runs them: one write, and one answer at the end of the
 * transaction.
 *
 * `pg` takes any object with `submit` and these handlers in place of a query, as it takes pg-cursor and
 * pg-copy-streams. What it does itself is the connection, TLS, authentication, and the reading of answers.
 */
import type { Connection, Submittable } from 'pg';

/** What the statements of a transaction have answered so far. */
export interface Answers {
  /** Rows that INSERT has stored. */
  inserted: number;
  /** Statements of COPY that have passed. */
  copies: number;
}

export class Pipeline implements Submittable {
  #error: unknown;

  /**
   * @param bytes messages, with one `sync` at the end.
   * @param answers filled as answers come.
   * @param done receives the first error, or undefined when the transaction is committed. It may be called again.
   */
  constructor(
    private readonly bytes: Uint8Array,
    private readonly answers: Answers,
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
    if (text.startsWith('INSERT 0 ')) this.answers.inserted += Number(text.slice('INSERT 0 '.length));
    else if (text.startsWith('COPY ')) this.answers.copies++;
  }

  // The answers to its other parts say nothing that the end does not say.
  handleRowDescription(): void {}
  handleDataRow(): void {}
  handlePortalSuspended(): void {}
  handleEmptyQuery(): void {}
  handleCopyInResponse(): void {}
}
