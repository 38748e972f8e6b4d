/**
 * What a maker of a sink tells the suite: the sink, how to read its target, and how to break it.
 */
import { type Checked, check, type RulesFor } from '../options/check.js';
import { boolean, callback, custom, number, oneOf } from '../options/rules.js';
import type { ColumnType } from '../schema/columns/columns.js';
import type { Schema } from '../schema/columns/schema.js';
import type { SinkRef } from '../sink.js';
import { keyOf, plainSchema, schemasOfTypes } from './schemas.js';

type MaybePromise<T> = T | Promise<T>;

/** A row as the suite pushes it, and as `readBack` gives it: values by column name. */
export type Row = Readonly<Record<string, unknown>>;

/** Ends what a hook began: mends the target, for one. */
export type Undo = () => MaybePromise<unknown>;

/** What a target does with a value that it does not keep as it is: a function from the value to what is there. */
// biome-ignore lint/suspicious/noExplicitAny: a loss is declared for the type of its column
type Loss = (value: any) => unknown;

/** Stands in `losses` for a value that the target refuses: its row has to fail, alone. */
export const refused: unique symbol = Symbol('the target refuses it');

export interface ConformanceOptions {
  /**
   * The sink. Each check writes rows of schemas of its own, whose names begin with `suite_`. A sink that goes by the
   * schema's name is given as it is; for others a function makes one for a schema. It may prepare the target, too.
   */
  sink: SinkRef | ((schema: Schema) => MaybePromise<SinkRef>);
  /**
   * All rows of a schema in the target, in any order: numbers, texts and so on, as `batch.rows()` has them, null or no
   * key where there is no value. Without it, the calls of the contract are checked alone.
   */
  readBack?: (schema: Schema) => MaybePromise<Iterable<Row>>;
  /**
   * Schemas in place of the suite's, which has one for each column type. Each needs a required column of a number, a
   * text, a bigint or a time, whose values tell rows apart. The first is also that of all other checks.
   */
  schemas?: readonly Schema[];
  /** By column type: what `readBack` gives for a value that is not kept as it is, or `refused`. */
  losses?: { readonly [T in ColumnType]?: Loss };
  /** Whether a row delivered again is stored once: by its identity, or by a key of its own. Default: neither. */
  idempotent?: 'identity' | 'key';
  /** Whether `readBack` gives rows in the order in which they were stored. Default false. */
  ordered?: boolean;
  /** Whether a sink that was made for one schema takes rows of that one only. Default false. */
  oneSchema?: boolean;
  /** Makes the target unreachable. @returns what makes it reachable again. */
  breakTarget?: () => MaybePromise<Undo>;
  /** Makes the target take what is sent and answer nothing. @returns what ends that; answers may then come or not. */
  stallTarget?: () => MaybePromise<Undo>;
  /** Makes the target refuse the check's batches for their size: 64 rows of 2000 characters; but not one row. */
  limitTarget?: (schema: Schema) => MaybePromise<Undo>;
  /** Changes a row so that the target refuses it; may give the target a rule that the row breaks. */
  badRow?: (schema: Schema, row: Row) => MaybePromise<Row>;
  /** How long a call may take, and a wait for rows. Default 10,000. */
  timeLimitMs?: number;
}

const schemaList = custom<readonly Schema[]>(
  (value) =>
    Array.isArray(value) && value.length > 0 && value.every((each) => typeof each?.columns === 'object'),
  'a list of one or more schemas made by defineSchema()',
);

const conformanceRules = {
  sink: custom<ConformanceOptions['sink']>(
    (value) => typeof value === 'function' || typeof (value as Partial<SinkRef> | null)?.module === 'string',
    'a sink as createBatchFlow takes it, or a function of a schema that returns one',
  ),
  readBack: callback<NonNullable<ConformanceOptions['readBack']>>('a function of a schema').optional(),
  schemas: schemaList.optional(),
  losses: custom<NonNullable<ConformanceOptions['losses']>>(
    (value) => typeof value === 'object' && value !== null,
    'an object of functions by column type',
  ).optional(),
  idempotent: oneOf('identity', 'key').optional(),
  ordered: boolean().default(false),
  oneSchema: boolean().default(false),
  breakTarget: callback<NonNullable<ConformanceOptions['breakTarget']>>('a function').optional(),
  stallTarget: callback<NonNullable<ConformanceOptions['stallTarget']>>('a function').optional(),
  limitTarget: callback<NonNullable<ConformanceOptions['limitTarget']>>('a function of a schema').optional(),
  badRow: callback<NonNullable<ConformanceOptions['badRow']>>('a function of a schema and a row').optional(),
  timeLimitMs: number(1).default(10_000),
} satisfies RulesFor<ConformanceOptions>;

/** Checked options, with defaults. */
export type Settings = Omit<Checked<typeof conformanceRules>, 'schemas'> & {
  readonly schemas: readonly Schema[];
  /** The schema of checks that need no special values. */
  readonly plain: Schema;
};

/** @throws ConfigError for the first option that cannot work. */
export function settingsOf(options: ConformanceOptions): Settings {
  const { schemas, ...settings } = check(conformanceRules, options);
  for (const schema of schemas ?? []) keyOf(schema);
  return { ...settings, schemas: schemas ?? schemasOfTypes, plain: schemas?.[0] ?? plainSchema };
}
