/**
 * The `dedupe` of a configuration: checked, and made fit to be posted to a flusher's thread.
 */
import { ConfigError } from '../../errors.js';
import { sourceOf } from '../../function-source.js';
import { anyColumn, type Schema } from '../../schema/columns/schema.js';
import type { CheckedConfig } from './cross-rules.js';

/** How keys of one schema's rows are found, and what becomes of rows that share one: plain data. */
export interface DedupeRule {
  /** Names of columns, or a function's source for the flusher's thread. */
  readonly by: { readonly columns: readonly string[] } | { readonly source: string };
  readonly keep: 'last' | 'first' | 'merge';
}

/** The rules of a flow's schemas. */
export interface DedupeSpec extends Pick<DedupeRule, 'keep'> {
  /** Of all schemas without a rule of their own. Undefined: each of their rows is kept. */
  readonly by: DedupeRule['by'] | undefined;
  /** Rules of single schemas, by their names. False: each of its rows is kept. */
  readonly schemas: Readonly<Record<string, DedupeRule | false>>;
}

type Given = Omit<Checked, 'schemas'> & Partial<Pick<Checked, 'schemas'>>;
type Checked = NonNullable<CheckedConfig['dedupe']>;

/**
 * Check a `dedupe` setting and make it fit to be posted.
 *
 * @throws ConfigError for a schema or a column that is not there, or a function that cannot run elsewhere.
 */
export function describeDedupe(given: Given, schemas: readonly Schema[]): DedupeSpec {
  const own = Object.entries(given.schemas ?? {}).map(([name, rule]): [string, DedupeRule | false] => {
    const key = `dedupe.schemas.${name}`;
    const schema = schemas.find((each) => each.name === name);
    if (schema === undefined) {
      const names = schemas.map((each) => `"${each.name}"`).join(', ');
      throw new ConfigError(key, rule, `a schema of the flow: ${names}`);
    }
    if (rule === false) return [name, false];
    const { by = given.by, keep = given.keep } = rule;
    return [name, ruleOf(key, by, keep, schema)];
  });
  const { by, keep } = given;
  const left = schemas.find(({ name }) => !Object.hasOwn(given.schemas ?? {}, name));
  // With rules of their own for some schemas, the others may have none.
  const hasOthers = given.schemas === undefined || by !== undefined;
  const spec: DedupeSpec = {
    by: hasOthers ? ruleOf('dedupe', by, keep, left).by : undefined,
    keep,
    schemas: Object.fromEntries(own),
  };
  for (const schema of schemas) dedupeOf(spec, schema);
  return spec;
}

/**
 * The rule of a schema; undefined where each of its rows is kept.
 *
 * @throws ConfigError where the schema lacks what the rule of all others needs.
 */
export function dedupeOf({ by, keep, schemas }: DedupeSpec, schema: Schema): DedupeRule | undefined {
  if (Object.hasOwn(schemas, schema.name)) return schemas[schema.name] || undefined;
  if (by === undefined) return undefined;
  const others = { by, keep };
  assertFits('dedupe', others, schema);
  return others;
}

/** @param schema one that the rule is for; undefined where there is none yet. */
function ruleOf(key: string, by: Given['by'], keep: Given['keep'], schema: Schema | undefined): DedupeRule {
  if (by === undefined) throw new ConfigError(`${key}.by`, by, expectedBy);
  if (typeof by === 'function') return { by: { source: sourceOf(`${key}.by`, by, emptyRow(schema)) }, keep };
  const rule: DedupeRule = { by: { columns: typeof by === 'string' ? [by] : by }, keep };
  if (schema !== undefined) assertFits(key, rule, schema);
  return rule;
}

/** What `dedupe.by` may be, as errors say it. */
export const expectedBy = "a column's name, an array of different ones, or a function of the row";

function assertFits(key: string, { by, keep }: DedupeRule, { name, columns }: Schema): void {
  if ('columns' in by) {
    const unknown = by.columns.find((column) => !Object.hasOwn(columns, column));
    if (unknown !== undefined) throw new ConfigError(`${key}.by`, unknown, `a column of "${name}"`);
  }
  if (keep === 'merge' && Object.hasOwn(columns, anyColumn))
    throw new ConfigError(`${key}.keep`, keep, "'last' or 'first': events without a schema have no columns");
}

/** A row in which no column has a value. */
export function emptyRow(schema: Schema | undefined): unknown {
  return Object.fromEntries(Object.keys(schema?.columns ?? {}).map((name) => [name, null]));
}
