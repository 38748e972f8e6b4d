/**
 * A SQLite file of dead letters, as these commands need it: found, looked at, changed.
 *
 * A letter's number is its rowid. A letter that makes no sense any more can still be listed and deleted.
 */
import { existsSync } from 'node:fs';
import { join, parse } from 'node:path';
import type Sqlite from 'better-sqlite3';
import { lineOf } from '../../describe.js';
import type { DeadLetter, DeadReason } from '../../flow/delivery/dead-letter.js';
import { fold, quote } from '../../sinks/sqlite/dialect.js';
import { nativePartAdvice } from '../../sinks/sqlite/native-part.js';
import type { ErrorReason } from '../../target-errors/meaning.js';
import { ExpectedError } from '../expected-error.js';
import { cells, conditions, letterColumns, newColumns, sameLetter } from './letter-sql.js';
import { defaultLetterFile, type LetterPlace, type Selection } from './settings.js';

/** A letter as it is in the file. */
export interface StoredLetter extends Required<Omit<DeadLetter, 'reason' | 'firstTriedAt' | 'failedAt'>> {
  readonly id: number;
  reason: string;
  firstTriedAt: number;
  failedAt: number;
}

/** Letters whose rows are of one schema with the same columns. */
export interface LetterGroup {
  readonly schema: string;
  readonly columns: string;
  /** In ascending order. */
  readonly ids: number[];
}

/** What has become of a letter that was tried again. */
export interface NewFailure {
  readonly reason: DeadReason;
  readonly errorReason: ErrorReason;
  readonly code: string | null;
  readonly message: string;
  /** Tries since. */
  readonly attempts: number;
  readonly failedAt: number;
}

const maxAttempts = 2 ** 32 - 1;

export class LetterFile {
  readonly #table: string;
  /** What SELECT names; made by `check`. */
  #columns = '';
  #hasErrorReason = false;

  constructor(
    private readonly db: Sqlite.Database,
    private readonly place: LetterPlace,
  ) {
    this.#table = quote(place.table);
  }

  /** Look at the table, before all else. @throws ExpectedError when it does not hold dead letters. */
  check(): void {
    const { file, table } = this.place;
    const found = this.db
      .prepare("SELECT type, wr FROM pragma_table_list(?) WHERE schema = 'main'")
      .get(table) as { type: string; wr: 0 | 1 } | undefined;
    if (found === undefined) {
      throw new ExpectedError(`${file} has no table "${table}"; --table names the one with the dead letters`);
    }
    const names = this.db.prepare('SELECT name FROM pragma_table_info(?)').pluck().all(table) as string[];
    const there = new Set(names.map(fold));
    const lacking = Object.keys(cells).filter((name) => !there.has(fold(name)));
    const missing = lacking.filter((name) => !newColumns.includes(name));
    this.#columns = letterColumns(lacking);
    this.#hasErrorReason = !lacking.includes('errorReason');
    if (found.type !== 'table' || found.wr === 1 || missing.length > 0) {
      const why = missing.length > 0 ? `it lacks "${missing.join('", "')}"` : 'its rows have no numbers';
      throw new ExpectedError(`table "${table}" in ${file} is not one of dead letters: ${why}`);
    }
  }

  /** How many letters there are of each schema and reason. */
  counts(selection: Selection): { schema: string; reason: string; letters: number }[] {
    const { where, parameters } = conditions(selection);
    const sql = `SELECT ${cells.schema} AS "schema", ${cells.reason} AS reason, count(*) AS letters
      FROM ${this.#table} ${where} GROUP BY 1, 2 ORDER BY 1, 3 DESC, 2`;
    return this.db.prepare(sql).all(parameters) as ReturnType<LetterFile['counts']>;
  }

  /** The letters that failed last, newest first. */
  newest(selection: Selection, limit: number): Iterable<StoredLetter> {
    const { where, parameters } = conditions(selection);
    const sql = `SELECT ${this.#columns} FROM ${this.#table} ${where}
      ORDER BY ${cells.failedAt} DESC, rowid DESC LIMIT @limit`;
    return this.db.prepare(sql).iterate({ ...parameters, limit }) as Iterable<StoredLetter>;
  }

  get(id: number): StoredLetter | undefined {
    const sql = `SELECT ${this.#columns} FROM ${this.#table} WHERE rowid = ?`;
    return this.db.prepare(sql).get(id) as StoredLetter | undefined;
  }

  /** The letters to deliver together; the group with the oldest letter comes first. */
  groups(selection: Selection): LetterGroup[] {
    const { where, parameters } = conditions(selection);
    const sql = `SELECT rowid AS id, ${cells.schema} AS "schema", ${cells.columns} AS "columns"
      FROM ${this.#table} ${where} ORDER BY rowid`;
    const groups = new Map<string, LetterGroup>();
    for (const row of this.db.prepare(sql).iterate(parameters)) {
      const { id, schema, columns } = row as Pick<StoredLetter, 'id' | 'schema' | 'columns'>;
      const key = JSON.stringify([schema, columns]);
      const group = groups.get(key);
      if (group === undefined) groups.set(key, { schema, columns, ids: [id] });
      else group.ids.push(id);
    }
    return [...groups.values()];
  }

  /** @throws ExpectedError when one of the ids is no letter's; then nothing has been done yet. */
  checkIds(ids: readonly number[]): void {
    const missing = ids.filter((id) => this.get(id) === undefined);
    if (missing.length > 0) throw new ExpectedError(`${this.place.file} has no letter ${missing.join(', ')}`);
  }

  /** @returns how many were deleted. */
  purge(selection: Selection): number {
    const { where, parameters } = conditions(selection);
    return this.db.prepare(`DELETE FROM ${this.#table} ${where}`).run(parameters).changes;
  }

  /** Delete letters that were read before. One that somebody has changed meanwhile stays. */
  delete(letters: readonly StoredLetter[]): void {
    const statement = this.db.prepare(`DELETE FROM ${this.#table} WHERE ${sameLetter}`);
    this.#together(() => {
      for (const { id, row, failedAt } of letters) statement.run({ id, row, failedAt });
    });
  }

  /** Note what became of letters that were read before. */
  failedAgain(failures: readonly { letter: StoredLetter; failure: NewFailure }[]): void {
    const statement = this.db.prepare(
      `UPDATE ${this.#table} SET "reason" = @reason, "code" = @code, "message" = @message,
        ${this.#hasErrorReason ? '"errorReason" = @errorReason,' : ''}
        "attempts" = min(${cells.attempts} + @attempts, ${maxAttempts}), "failedAt" = @newFailedAt
      WHERE ${sameLetter}`,
    );
    this.#together(() => {
      for (const { letter, failure } of failures) {
        const { failedAt: newFailedAt, ...news } = failure;
        statement.run({ ...news, newFailedAt, id: letter.id, row: letter.row, failedAt: letter.failedAt });
      }
    });
  }

  #together(change: () => void): void {
    this.db.transaction(change).immediate();
  }
}

/**
 * Whether no letter has been written yet: the file is missing, and its name is surely right. It is the default, or the
 * file of the rows lies beside it.
 */
export function noLettersYet({ file }: LetterPlace): boolean {
  if (existsSync(file)) return false;
  const { dir, name, ext } = parse(file);
  const rows = name.replace(/\.dead-letters$/, '');
  return (
    file === defaultLetterFile ||
    (rows !== name && [ext, ''].some((end) => existsSync(join(dir, rows + end))))
  );
}

/**
 * Open a file of letters, which has to exist, and close it when the work is done.
 *
 * @throws ExpectedError for everything that the file, its table or SQLite itself can have against it.
 */
export async function withLetters<T>(
  place: LetterPlace,
  access: 'read' | 'write',
  work: (letters: LetterFile) => T | Promise<T>,
): Promise<T> {
  const { file } = place;
  if (!existsSync(file)) {
    throw new ExpectedError(`there is no file ${file}; its flow makes it when it starts (see --file)`);
  }
  const Database = await driver();
  let db: Sqlite.Database | undefined;
  try {
    db = new Database(file, { fileMustExist: true, readonly: access === 'read' });
    const letters = new LetterFile(db, place);
    letters.check();
    return await work(letters);
  } catch (cause) {
    const reason = cause instanceof Database.SqliteError ? cause.message : nativePartAdvice(cause);
    if (reason === undefined) throw cause;
    throw new ExpectedError(`cannot use ${file} as a file of dead letters: ${reason}`, { cause });
  } finally {
    db?.close();
  }
}

async function driver(): Promise<typeof Sqlite> {
  try {
    return (await import('better-sqlite3')).default;
  } catch (cause) {
    const need = 'dead letters in SQLite need the package better-sqlite3 (npm install better-sqlite3@12)';
    throw new ExpectedError(`${need}: ${lineOf(cause)}`, { cause });
  }
}
