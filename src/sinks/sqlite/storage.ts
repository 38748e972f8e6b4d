/**
 * How each column type is stored in SQLite, and which declared types of a table keep its values whole.
 *
 * SQLite lets a column hold anything, but converts what is stored by the column's "affinity", which it reads
 * from the declared type (https://www.sqlite.org/datatype3.html, section 3.1). Numbers arrive as REAL,
 * since better-sqlite3 binds every JavaScript number so; INTEGER and NUMERIC affinity turn whole ones back.
 */
import type { ColumnType } from '../../schema/columns/columns.js';

export type Affinity = 'INTEGER' | 'REAL' | 'TEXT' | 'BLOB' | 'NUMERIC';

const wholeNumber = ['INTEGER', 'NUMERIC', 'REAL'] as const;
const fraction = ['REAL', 'NUMERIC', 'BLOB'] as const;
const text = ['TEXT', 'BLOB'] as const;
const binary = ['BLOB', 'NUMERIC'] as const;

/** For each column type, the affinities that lose nothing of it. A new table gets the first. */
export const affinities = {
  bool: wholeNumber,
  int8: wholeNumber,
  int16: wholeNumber,
  int32: wholeNumber,
  uint8: wholeNumber,
  uint16: wholeNumber,
  uint32: wholeNumber,
  // Bound as 64-bit integers; REAL would round those past 2^53.
  bigint64: ['INTEGER', 'NUMERIC'],
  timestamp: wholeNumber,
  float32: fraction,
  float64: fraction,
  label: text,
  string: text,
  // NUMERIC is what "JSON" as a declared type gives: a document that is one number is stored as that number.
  json: ['TEXT', 'BLOB', 'NUMERIC'],
  bytes: binary,
  any: binary,
} as const satisfies Record<ColumnType, readonly Affinity[]>;

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
  const allowed: readonly Affinity[] = affinities[type];
  if (!strict) return allowed.includes(affinityOf(declared));
  // A STRICT table checks instead of converting, and its ANY columns leave numbers as REAL.
  if (declared.toUpperCase() === 'ANY') return type === 'bigint64' || allowed[0] !== 'INTEGER';
  return allowed[0] === affinityOf(declared);
}

/** Whether NULL can stand in a required column, too: SQLite has no NaN and stores NULL in its place. */
export function mayBeNaN(type: ColumnType): boolean {
  return type === 'float32' || type === 'float64';
}
