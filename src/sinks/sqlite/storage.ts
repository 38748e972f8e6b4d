/**
 * How each column type is stored in SQLite, and which declared types of a table keep its values whole.
 *
 * SQLite lets a column hold anything, but converts what is stored by the column's "affinity", which it reads
 * from the declared type (https://www.sqlite.org/datatype3.html, section 3.1). Numbers arrive as REAL,
 * since better-sqlite3 binds every JavaScript number so; INTEGER and NUMERIC affinity turn whole ones back.
 */
import type { ColumnType } from '../../schema/columns/columns.js';

export type Affinity = 'INTEGER' | 'REAL' | 'TEXT' | 'BLOB' | 'NUMERIC';

/** How the values of a column type lie in a table. */
interface Storage {
  /** The affinities that lose nothing of a value. A new table gets the first. */
  readonly affinities: readonly [Affinity, ...Affinity[]];
  /** Whether an ANY column of a STRICT table keeps the values as they should be: it leaves numbers as REAL. */
  readonly fitsAny: boolean;
  /** Whether a value may be NaN, which SQLite does not have and stores as NULL. */
  readonly mayBeNaN: boolean;
}

const wholeNumber: Storage = {
  affinities: ['INTEGER', 'NUMERIC', 'REAL'],
  fitsAny: false,
  mayBeNaN: false,
};
const fraction: Storage = { affinities: ['REAL', 'NUMERIC', 'BLOB'], fitsAny: true, mayBeNaN: true };
const text: Storage = { affinities: ['TEXT', 'BLOB'], fitsAny: true, mayBeNaN: false };
const binary: Storage = { affinities: ['BLOB', 'NUMERIC'], fitsAny: true, mayBeNaN: false };

const storage: Record<ColumnType, Storage> = {
  bool: wholeNumber,
  int8: wholeNumber,
  int16: wholeNumber,
  int32: wholeNumber,
  uint8: wholeNumber,
  uint16: wholeNumber,
  uint32: wholeNumber,
  // Bound as 64-bit integers; REAL would round those past 2^53.
  bigint64: { affinities: ['INTEGER', 'NUMERIC'], fitsAny: true, mayBeNaN: false },
  timestamp: wholeNumber,
  float32: fraction,
  float64: fraction,
  label: text,
  string: text,
  // NUMERIC is what "JSON" as a declared type gives: a document that is one number is stored as that number.
  json: { affinities: ['TEXT', 'BLOB', 'NUMERIC'], fitsAny: true, mayBeNaN: false },
  bytes: binary,
  any: binary,
};

/** The affinities that lose nothing of a column type; a new table gets the first. */
export function affinitiesOf(type: ColumnType): Storage['affinities'] {
  return storage[type].affinities;
}

/** The affinity that a declared type stands for. */
export function affinityOf(declared: string): Affinity {
  const type = declared.toUpperCase();
  if (type.includes('INT')) return 'INTEGER';
  if (/CHAR|CLOB|TEXT/.test(type)) return 'TEXT';
  if (type === '' || type.includes('BLOB')) return 'BLOB';
  if (/REAL|FLOA|DOUB/.test(type)) return 'REAL';
  return 'NUMERIC';
}

/** Whether values of a column type are stored whole in a column declared so. */
export function fits(type: ColumnType, declared: string, strict: boolean): boolean {
  const { affinities, fitsAny } = storage[type];
  if (!strict) return affinities.includes(affinityOf(declared));
  // A STRICT table checks instead of converting.
  return declared.toUpperCase() === 'ANY' ? fitsAny : affinities[0] === affinityOf(declared);
}

/** Whether NULL can stand in a required column, too: SQLite has no NaN and stores NULL in its place. */
export function mayBeNaN(type: ColumnType): boolean {
  return storage[type].mayBeNaN;
}
