/**
 * `defineSchema`: a name and the columns of one kind of event.
 *
 * A schema is plain data: it can be posted to another thread and used there as it is.
 */
import { SchemaError } from '../../errors.js';
import type { Column } from './columns.js';
import { isColumnType } from './types/table.js';

export type Columns = Readonly<Record<string, Column>>;

export interface Schema<C extends Columns = Columns> {
  /** Names the table in SQLite and the schema in errors and metrics. */
  readonly name: string;
  /** In the order of definition, which is the order of table columns, too. */
  readonly columns: C;
}

type InOf<C> = C extends Column<infer In, unknown> ? In : never;
type OutOf<C> = C extends Column<unknown, infer Out> ? Out : never;
type OptionalKeys<C extends Columns> = { [K in keyof C]: C[K]['nullable'] extends true ? K : never }[keyof C];
type Simplify<T> = { [K in keyof T]: T[K] } & {};

/** What `push` takes for a schema: optional columns may be missing, null or undefined. */
export type EventOf<S> =
  S extends Schema<infer C>
    ? C extends { readonly [anyColumn]: Column<infer In, unknown> }
      ? In
      : Simplify<
          { [K in Exclude<keyof C, OptionalKeys<C>>]: InOf<C[K]> } & { [K in OptionalKeys<C>]?: InOf<C[K]> }
        >
    : never;

/** What `batch.row(i)` gives for a schema: every column is there, optional ones may be null. */
export type RowOf<S> =
  S extends Schema<infer C>
    ? C extends { readonly [anyColumn]: Column<unknown, infer Out> }
      ? Out
      : Simplify<{ -readonly [K in keyof C]: OutOf<C[K]> }>
    : never;

/** The column of a schema that `anySchema` makes: its one value is the whole event. */
export const anyColumn = '~value';

/** Bounds that keep a mistake from becoming a memory problem. */
const maxColumns = 512;
const maxNameLength = 128;

/**
 * Describe one kind of event.
 *
 * @throws SchemaError when the name or a column cannot work.
 * @example
 * const Request = defineSchema('requests', { at: t.timestamp(), path: t.label(), status: t.uint16() });
 */
export function defineSchema<const C extends Columns>(name: string, columns: C): Schema<C> {
  if (typeof name !== 'string' || name === '' || name.length > maxNameLength) {
    throw new SchemaError(`a schema's name must be a text of 1 to ${maxNameLength} characters`);
  }
  const entries = Object.entries(columns ?? {});
  if (entries.length === 0) throw new SchemaError(`schema "${name}" has no columns`);
  if (entries.length > maxColumns)
    throw new SchemaError(`schema "${name}" has more than ${maxColumns} columns`);
  const checked: Record<string, Column> = Object.create(null);
  for (const [key, column] of entries) {
    const type = column?.type;
    if (key === '' || key.length > maxNameLength) {
      throw new SchemaError(`a column's name in schema "${name}" must have 1 to ${maxNameLength} characters`);
    }
    if (!isColumnType(type)) {
      throw new SchemaError(
        `column "${key}" of schema "${name}" is not a column type; use t.string(), t.uint16(), …`,
      );
    }
    if (key === anyColumn && type !== 'any') throw new SchemaError(`the column name "${key}" is reserved`);
    checked[key] = Object.freeze({ type, nullable: column.nullable === true });
  }
  // Threads compile a schema at moments of their own: a change in between would give them different columns.
  const schema = Object.freeze({ name, columns: Object.freeze(checked) as C });
  defined.add(schema);
  return schema;
}

/** Schemas that `defineSchema` has made on this thread; a copy, or one made by hand, is not among them. */
const defined = new WeakSet<Schema>();

/**
 * The schema as `defineSchema` would have made it: checked, and fixed.
 *
 * @throws SchemaError when the name or a column cannot work.
 */
export function asDefined(schema: Schema): Schema {
  return defined.has(schema) ? schema : defineSchema(schema?.name, schema?.columns);
}

/** The schema of a flow without one: each event is a single structured value. */
export function anySchema<V = unknown>(name: string) {
  return defineSchema(name, { [anyColumn]: { type: 'any', nullable: false } as Column<V, V, 'any'> });
}

export type AnySchema<V = unknown> = ReturnType<typeof anySchema<V>>;
