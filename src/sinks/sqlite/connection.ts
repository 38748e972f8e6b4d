/**
 * One connection to a SQLite file, as each flusher has it.
 */
import { mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import type Sqlite from 'better-sqlite3';
import { lineOf } from '../../describe.js';
import { SinkError } from '../../errors.js';
import { whileBusy } from './busy-wait.js';
import { nativePartAdvice } from './native-part.js';
import { OpenedFile } from './opened-file.js';
import type { SqliteSettings } from './options.js';

export interface Connection {
  readonly db: Sqlite.Database;
  /** To ask whether it is still the file at this path. */
  readonly file: OpenedFile;
}

/**
 * Open the file, which is made when missing, in WAL mode.
 *
 * @param until how long to wait for others who have it locked, on the clock of `performance.now()`.
 * @throws SinkError when better-sqlite3 is not installed, or the file cannot be opened or is not a database.
 */
export async function connect(settings: SqliteSettings, until: number): Promise<Connection> {
  const Database = await loadDriver();
  let opened: Sqlite.Database | undefined;
  try {
    mkdirSync(dirname(settings.file), { recursive: true });
    // Timeout 0: waiting is done outside SQLite, where it blocks nobody.
    const db = new Database(settings.file, { timeout: 0 });
    opened = db;
    const file = new OpenedFile(settings.file);
    await whileBusy(() => {
      // The first switch of a file needs the file alone; the other statement reads it, which a recovery forbids.
      db.pragma('journal_mode = WAL');
      db.pragma(`synchronous = ${settings.synchronous}`);
    }, until);
    return { db, file };
  } catch (cause) {
    opened?.close();
    const reason = nativePartAdvice(cause) ?? lineOf(cause);
    throw new SinkError(`cannot open the SQLite file ${settings.file}: ${reason}`, { cause });
  }
}

/**
 * Load better-sqlite3. On a busy machine with many flushers this takes seconds, which no lock is to blame for.
 *
 * @throws SinkError when it is not installed.
 */
export async function loadDriver(): Promise<typeof Sqlite> {
  try {
    return (await import('better-sqlite3')).default;
  } catch (cause) {
    throw new SinkError(
      `the sqlite sink needs the package better-sqlite3 (npm install better-sqlite3@12): ${lineOf(cause)}`,
      { cause },
    );
  }
}
