/**
 * Whether a database's files are still the ones that were opened.
 *
 * A file that is deleted, moved or replaced lives on for who has it open: SQLite would go on committing rows to
 * it without an error, and nobody would ever see them. So who writes asks here before and after each transaction.
 */
import { type BigIntStats, realpathSync, statSync } from 'node:fs';
import { basename } from 'node:path';
import { SinkError } from '../../errors.js';

interface Identity {
  readonly path: string;
  readonly dev: bigint;
  readonly ino: bigint;
}

export class OpenedFile {
  readonly #database: Identity;
  #log: Identity | undefined;

  /** To be made right after the file was opened. */
  constructor(path: string) {
    const found = look(path);
    if (found === undefined) throw gone(path);
    this.#database = { path, dev: found.dev, ino: found.ino };
  }

  /**
   * Watch the write-ahead log, too, where commits go first. It is there from the first transaction on, and stays
   * the same file for as long as anybody has the database open. Without WAL (on some file systems) there is none.
   */
  watchLog(): void {
    // SQLite puts it beside the file itself, not beside a link to it.
    const path = `${realpathSync(this.#database.path)}-wal`;
    const found = look(path);
    if (found !== undefined) this.#log = { path, dev: found.dev, ino: found.ino };
  }

  /**
   * Ask before a transaction: rows of a file that was moved away would be in it, and yet be reported as failed.
   *
   * @throws SinkError when the database's file is gone, or another stands in its place. Costs about 2 µs.
   */
  checkDatabase(): void {
    assertSame(this.#database);
  }

  /** Ask after a commit, whether it is in files that others can find. @throws SinkError when it is not. */
  checkAll(): void {
    assertSame(this.#database);
    if (this.#log !== undefined) assertSame(this.#log);
  }
}

function assertSame({ path, dev, ino }: Identity): void {
  const found = look(path);
  if (found === undefined || found.ino !== ino || found.dev !== dev) throw gone(path);
}

/** Bigints, since not every file system's numbers are below 2^53. */
function look(path: string): BigIntStats | undefined {
  return statSync(path, { bigint: true, throwIfNoEntry: false });
}

/** Without the folder: clients of a service may come to read it. */
function gone(path: string): SinkError {
  return new SinkError(
    `the SQLite file ${basename(path)} was deleted or replaced while it was open; rows would be lost with the ` +
      'old one. Put that one back, or start the flow again to use what is there now',
  );
}
