/**
 * How each column type is stored in PostgreSQL: which types of a table's column keep its values whole, and in which
 * type the values travel there.
 */
import type { ColumnType } from '../../schema/columns/columns.js';
import type { WireName } from './wire/wires.js';

/** The way of values into a column of one type. */
export interface Way {
  readonly wire: WireName;
  /** Type to which a statement has to convert the values: an assignment alone would not, or would lose something. */
  readonly cast?: string;
  /** Whether COPY takes the wire's binary form for the column's own. */
  readonly copies: boolean;
}

const as = (wire: WireName): Way => ({ wire, copies: true });
/** An assignment converts. */
const assigned = (wire: WireName): Way => ({ wire, copies: false });
/** The text is the other type's own notation. */
const read = (type: string): Way => ({ wire: 'text', cast: `pg_catalog.${type}`, copies: false });

const int2 = { int2: as('int2') };
const int4 = { int4: as('int4') };
const int8 = { int8: as('int8') };
const float8 = { float8: as('float8') };
const numeric = { numeric: assigned('int8') };
const text = { text: as('text'), varchar: as('text'), bpchar: as('text') };
/** Its binary form is its text, which no assignment converts. */
const jsonText: Way = { wire: 'text', cast: 'pg_catalog.json', copies: true };
const json = { jsonb: as('jsonb'), json: jsonText, ...text };
/** Types whose notation a program may push as a text. */
const notations = Object.fromEntries(
  ['uuid', 'inet', 'cidr', 'macaddr', 'numeric', 'date', 'time', 'interval', 'xml'].map((type) => [
    type,
    read(type),
  ]),
);
const anyText = { ...text, ...notations, jsonb: read('jsonb'), json: jsonText };
const binary = { bytea: as('bytea') };

/** By column type, the ways into the built-in types that fit. A table that the sink makes has the first. */
const ways: Readonly<Record<ColumnType, Readonly<Record<string, Way>>>> = {
  bool: { bool: as('bool') },
  int8: { ...int2, ...int4, ...int8, float4: as('float4'), ...float8, ...numeric },
  int16: { ...int2, ...int4, ...int8, float4: as('float4'), ...float8, ...numeric },
  uint8: { ...int2, ...int4, ...int8, float4: as('float4'), ...float8, ...numeric },
  int32: { ...int4, ...int8, ...float8, ...numeric },
  uint16: { ...int4, ...int8, float4: as('float4'), ...float8, ...numeric },
  uint32: { ...int8, ...float8, ...numeric },
  bigint64: { ...int8, ...numeric },
  float32: { float4: as('float4'), ...float8 },
  // The cast of a number to numeric would keep 15 digits; its text has all.
  float64: { ...float8, numeric: { wire: 'float8', cast: 'text::pg_catalog.numeric', copies: false } },
  timestamp: { timestamptz: as('timestamptz'), timestamp: as('timestamp') },
  label: anyText,
  string: anyText,
  json,
  bytes: binary,
  any: binary,
};

/** Names of types as SQL has them, where they differ. */
const sqlNames: Readonly<Record<string, string>> = {
  bool: 'boolean',
  int2: 'smallint',
  int4: 'integer',
  int8: 'bigint',
  float4: 'real',
  float8: 'double precision',
  bpchar: 'char',
};

/** A table's column, as far as its type goes. */
export interface TypeThere {
  /** The name of the type; of a domain, of the one below it. */
  readonly base: string;
  /** Whether it is one of PostgreSQL's own. */
  readonly builtIn: boolean;
  readonly isEnum: boolean;
  /** The type's quoted name with its schema. */
  readonly baseSql: string;
}

/** The way of a column type into a column; undefined when the column does not keep its values whole. */
export function wayInto(type: ColumnType, { base, builtIn, isEnum, baseSql }: TypeThere): Way | undefined {
  if (builtIn) return Object.hasOwn(ways[type], base) ? ways[type][base] : undefined;
  if (type !== 'label' && type !== 'string') return undefined;
  if (isEnum) return { wire: 'text', cast: baseSql, copies: true };
  // An extension's text that ignores case.
  return base === 'citext' ? as('text') : undefined;
}

/** The type of a column in a table that the sink makes, as it is found there. */
export function typeOfNew(type: ColumnType): TypeThere {
  const [base] = Object.keys(ways[type]) as [string];
  return { base, builtIn: true, isEnum: false, baseSql: base };
}

/** The type of a column in a table that the sink makes, as SQL has it. */
export function declaredType(type: ColumnType): string {
  const { base } = typeOfNew(type);
  return sqlNames[base] ?? base;
}

/** The types that keep values of a column type whole, as an error lists them. */
export function fittingTypes(type: ColumnType): string {
  const names = Object.keys(ways[type]).map((name) => sqlNames[name] ?? name);
  if (type === 'label' || type === 'string') names.push('citext', 'an enum');
  return names.length === 1 ? (names[0] as string) : `one of ${names.join(', ')}`;
}
