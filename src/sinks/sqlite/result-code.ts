/**
 * SQLite's result code of an error, without its details: 'BUSY' of SQLITE_BUSY and of SQLITE_BUSY_RECOVERY.
 *
 * Read from `code`, as better-sqlite3 and most other drivers set it, and not by class: the driver is loaded only
 * where the sink runs, and there may be two of it.
 */

/** Undefined for what SQLite did not throw. All codes: https://www.sqlite.org/rescode.html */
export function resultCode(error: unknown): string | undefined {
  const code = (error as { code?: unknown } | null | undefined)?.code;
  return typeof code === 'string' ? /^SQLITE_([A-Z]+)/.exec(code)?.[1] : undefined;
}
