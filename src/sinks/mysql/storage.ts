/**
 * How each column type is stored in MySQL and MariaDB: which types of a table's column keep its values whole, and in
 * which type the values travel there.
 */
import type { ColumnType } from '../../schema/columns/columns.js';
import type { WireName } from './wire/wires.js';

/** Types of columns by their base name, `unsigned` added where it says so. */
type Bases = readonly string[];

const signed = ['tinyint', 'smallint', 'mediumint', 'int', 'bigint'];
const unsigned = signed.map((name) => `${name} unsigned`);
const from = (name: string, types: Bases) => types.slice(types.indexOf(name));
/** Types that hold whole numbers of up to 24 bits, and more. */
const numbers = ['float', 'double', 'decimal'];
const wide = ['double', 'decimal'];
const texts = ['longtext', 'mediumtext', 'text', 'tinytext', 'varchar', 'char'];
/** Types whose notation a program may push as a text. */
const notations = ['enum', 'set', 'json', 'uuid', 'inet4', 'inet6', 'decimal', 'date', 'time'];
const binary = ['longblob', 'mediumblob', 'blob', 'tinyblob', 'varbinary', 'binary'];

/** How a column type travels, and the types that fit. A table that the sink makes has the first. */
interface Storage {
  readonly wire: WireName;
  readonly bases: Bases;
  /** What a new table has in place of the first one, for what is said behind its name. */
  readonly declared?: string;
  /** What a new table's key has: an index takes no texts and bytes of any length. */
  readonly inKey?: string;
}

const storages: Readonly<Record<ColumnType, Storage>> = {
  bool: { wire: 'tiny', bases: ['tinyint', 'tinyint unsigned'], declared: 'boolean' },
  int8: { wire: 'tiny', bases: [...signed, ...numbers] },
  int16: { wire: 'short', bases: [...from('smallint', signed), ...numbers] },
  int32: { wire: 'long', bases: [...from('int', signed), ...wide] },
  uint8: { wire: 'utiny', bases: [...unsigned, ...from('smallint', signed), ...numbers] },
  uint16: {
    wire: 'ushort',
    bases: [...from('smallint unsigned', unsigned), ...from('mediumint', signed), ...numbers],
  },
  uint32: { wire: 'ulong', bases: [...from('int unsigned', unsigned), 'bigint', ...wide] },
  bigint64: { wire: 'longlong', bases: ['bigint', 'decimal'] },
  float32: { wire: 'float', bases: ['float', 'double'] },
  float64: { wire: 'double', bases: ['double', 'decimal'] },
  timestamp: { wire: 'datetime', bases: ['datetime', 'timestamp'], declared: 'datetime(6)' },
  label: { wire: 'text', bases: [...texts, ...notations], inKey: 'varchar(255)' },
  string: { wire: 'text', bases: [...texts, ...notations], inKey: 'varchar(255)' },
  // MariaDB's json is a longtext with a rule.
  json: { wire: 'json', bases: ['json', ...texts] },
  bytes: { wire: 'blob', bases: binary, inKey: 'varbinary(255)' },
  any: { wire: 'blob', bases: binary },
};

/** In which type the values of a column travel. A document in a string column is read by the server, too. */
export function wireInto(type: ColumnType, base: string): WireName {
  return base === 'json' ? 'json' : storages[type].wire;
}

/** Whether a column keeps the values of a column type whole. @param base its type, with `unsigned`. */
export function fits(type: ColumnType, base: string): boolean {
  return storages[type].bases.includes(base);
}

/** The type of a column in a table that the sink makes. */
export function declaredType(type: ColumnType, isKey: boolean): string {
  const { bases, declared, inKey } = storages[type];
  return (isKey ? inKey : undefined) ?? declared ?? (bases[0] as string);
}

/** The types that keep values of a column type whole, as an error lists them. */
export function fittingTypes(type: ColumnType): string {
  const { bases, declared } = storages[type];
  const names = declared === undefined || bases.includes(declared) ? bases : [declared, ...bases];
  return names.length === 1 ? (names[0] as string) : `one of ${names.join(', ')}`;
}
