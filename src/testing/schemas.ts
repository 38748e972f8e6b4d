/**
 * The schemas of the suite, and those of a maker of a sink, under names that are one check's own.
 */
import { randomBytes } from 'node:crypto';
import { ConfigError } from '../errors.js';
import { type ColumnType, t } from '../schema/columns/columns.js';
import { type Columns, defineSchema, type Schema } from '../schema/columns/schema.js';

const typeNames = Object.keys(t) as ColumnType[];

/** One schema for each column type: a key, a value and a value that may be absent. */
export const schemasOfTypes: readonly Schema[] = [
  ...typeNames.map((type) =>
    defineSchema(type, {
      n: t.int32(),
      value: { type, nullable: false },
      maybe: { type, nullable: true },
    }),
  ),
  // Names that need quotes, or escapes.
  defineSchema('names', {
    n: t.int32(),
    select: t.string(),
    'two words': t.label(),
    'quo"te': t.int32().optional(),
    "apostrophe's": t.float64(),
    'back`tick\\': t.string().optional(),
    'größe_☃': t.bool(),
  }),
];

/** The schema of checks that need no special values. */
export const plainSchema = defineSchema('plain', {
  n: t.int32(),
  text: t.string(),
  tag: t.label().optional(),
});

let made = 0;
const run = randomBytes(4).toString('hex');

/** The same columns under a name that no other check has, in no other process. */
export function ownSchema({ name, columns }: Schema, check: string): Schema {
  const word = (text: string) =>
    text
      .toLowerCase()
      .replace(/[^a-z0-9]+/g, '_')
      .slice(0, 16);
  return defineSchema(`suite_${word(check)}_${word(name)}_${run}_${++made}`, columns as Columns);
}

/** By type, what tells rows apart best. */
const keyTypes: readonly ColumnType[] = [
  'int32',
  'uint32',
  'bigint64',
  'float64',
  'timestamp',
  'string',
  'label',
];

/**
 * The column whose values tell rows apart.
 *
 * @throws ConfigError where the schema has none.
 */
export function keyOf(schema: Schema): string {
  const columns = Object.entries(schema.columns).filter(([, { nullable }]) => !nullable);
  for (const type of keyTypes) {
    const found = columns.find(([, column]) => column.type === type);
    if (found !== undefined) return found[0];
  }
  throw new ConfigError('schemas', schema.name, `schemas with a required column of ${keyTypes.join(', ')}`);
}
