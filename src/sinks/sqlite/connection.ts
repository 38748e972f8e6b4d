/**
 * One connection to a SQLite file, as each flusher has it.
 */
import { mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import type Sqlite from 'better-sqlite3';
import { messageOf, SinkError } from '../../errors.js';
import type { SqliteSettings } from './options.js';

/**
 * Open the file, which is made when missing, in WAL mode.
 *
 * @throws SinkError when better-sqlite3 is not installed, or the file cannot be opened or is not a database.
 */
export async function connect(settings: SqliteSettings): Promise<Sqlite.Database> {
  const Database = await driver();
  let db: Sqlite.Database | undefined;
  try {
    mkdirSync(dirname(settings.file), { recursive: true });
    db = new Database(settings.file, { timeout: settings.busyTimeoutMs });
    await switchToWal(db, settings.busyTimeoutMs);
    db.pragma(`synchronous = ${settings.synchronous}`);
    return db;
  } catch (cause) {
    db?.close();
    throw new SinkError(`cannot open the SQLite file ${settings.file}: ${messageOf(cause)}`, { cause });
  }
}

/**
 * The first switch of a file needs the file alone. While another connection writes, or switches too, SQLite
 * fails at once, whatever the busy timeout is: its own waiting could be a deadlock. So we wait here.
 */
async function switchToWal(db: Sqlite.Database, timeoutMs: number): Promise<void> {
  for (const end = performance.now() + timeoutMs; ; await setTimeout(5)) {
    try {
      db.pragma('journal_mode = WAL');
      return;
    } catch (error) {
      const busy = String((error as { code?: unknown }).code).startsWith('SQLITE_BUSY');
      if (!busy || performance.now() >= end) throw error;
    }
  }
}

async function driver(): Promise<typeof Sqlite> {
  try {
    return (await import('better-sqlite3')).default;
  } catch (cause) {
    throw new SinkError(
      `the sqlite sink needs the package better-sqlite3 (npm install better-sqlite3@12): ${messageOf(cause)}`,
      { cause },
    );
  }
}
