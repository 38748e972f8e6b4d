/**
 * What differs from database to database in the SQL of tables. A dialect is a folder beside this one, of known files:
 * `index` and `options` (what users see), `sink` (the module that a flusher loads), `dialect` (this interface),
 * `storage` (how each column type lies in a table), `classify` (what errors mean), `preview` (what would be sent).
 */
import type { ColumnType } from '../../schema/columns/columns.js';

/** What is known of a table's column. */
export interface TableColumn {
  readonly name: string;
  /** Its type, as an error shows it. */
  readonly declared: string;
  readonly notNull: boolean;
  /** Whether the database has a value for a row that names none: a default, a generated value, a number. */
  readonly filled: boolean;
  /** Whether statements must not give it a value, and why: `generated`. */
  readonly closed: string | undefined;
}

export interface Dialect<C extends TableColumn = TableColumn> {
  quote(name: string): string;
  /** What the database compares names of columns by. */
  fold(name: string): string;
  /** The type of a column in a table that the sink makes. @param isKey whether it is of the table's key. */
  declaredType(type: ColumnType, isKey: boolean): string;
  /** What stands behind the columns of a table that the sink makes. */
  readonly tableOptions?: string;
  /** Whether NULL may stand for a value of a required column. */
  mayBeNull(type: ColumnType): boolean;
  /** Whether values of a column type are stored whole in a column. */
  fits(type: ColumnType, column: C): boolean;
  /** The types that keep values of a column type whole, for errors. */
  fittingTypes(type: ColumnType): string;
  /** The column of rows' identities; undefined where the sink has none. */
  readonly identity?: {
    /** Its type in a table that the sink makes. */
    readonly type: string;
    fits(column: C): boolean;
    /** Columns that its unique index has beside it. Default: none. */
    readonly indexedWith?: readonly string[];
  };
  /** The quoted name of an index that the sink makes; undefined where the database finds one. */
  indexName?(table: string, columns: readonly string[]): string;
  /** What stands after `ALTER TABLE t` to change a column that does not fit; undefined where SQL cannot. */
  readonly alter: {
    /** Whether a statement makes one change only. Default: it may make several. */
    readonly isOneAStatement?: boolean;
    /** Whether a column may be added with its unique index. Default: it may. */
    readonly addsUnique?: boolean;
    allowNull(column: string, declared: string): string | undefined;
    changeType(column: string, type: string): string | undefined;
  };
}
