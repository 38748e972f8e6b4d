/**
 * Whether a database's files are still the ones that were opened.
 *
 * A file that is deleted, moved or replaced lives on for the connections that have it open: SQLite would go on
 * committing rows to it without an error, and no other program would see them. So the sink looks before and after
 * each transaction. Before it, since each attempt at the same rows would add them to the lost file once more, and
 * all of them come back when the file does, or when SQLite copies a deleted log into the database at the end.
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
  readonly #files: Identity[] = [];
  #logPath: string | undefined;

  /** To be made right after the file was opened. */
  constructor(path: string) {
    if (!this.#watch(path)) throw gone(path);
  }

  /**
   * Watch the write-ahead log, too, where commits go first, and the index by which other connections find them. They
   * are there from the first transaction on, and stay the same files for as long as any connection to the database is
   * open. Without WAL (on some file systems) there are none.
   */
  watchLog(): void {
    // SQLite puts them beside the file itself, not beside a link to it.
    const path = realpathSync((this.#files[0] as Identity).path);
    if (this.#watch(`${path}-wal`)) this.#logPath = `${path}-wal`;
    this.#watch(`${path}-shm`);
  }

  /**
   * Look whether all files are where other programs find them. Costs some 3 µs a file.
   *
   * @returns the length of the write-ahead log.
   * @throws SinkError when one is gone, or another stands in its place.
   */
  check(): number {
    let logBytes = 0;
    for (const { path, dev, ino } of this.#files) {
      const found = look(path);
      if (found === undefined || found.ino !== ino || found.dev !== dev) throw gone(path);
      if (path === this.#logPath) logBytes = Number(found.size);
    }
    return logBytes;
  }

  /** @returns false when there is no such file. */
  #watch(path: string): boolean {
    const found = look(path);
    if (found === undefined) return false;
    this.#files.push({ path, dev: found.dev, ino: found.ino });
    return true;
  }
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
