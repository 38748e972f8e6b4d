/**
 * What a maker of a source tells the suite: how to make an outside that the source reads, and what is known of it.
 */
import { type Checked, check, type RulesFor } from '../../options/check.js';
import { callback, custom, number } from '../../options/rules.js';
import type { Schema } from '../../schema/columns/schema.js';
import type { SourceRef } from '../../source.js';
import type { Row } from '../options.js';
import { keyOf, plainSchema } from '../schemas.js';

type MaybePromise<T> = T | Promise<T>;

/** Where events come from: a queue, a file; empty when it is made. */
export interface Outside {
  /** The source that reads it; each check gives it to one flow after the other. */
  readonly source: SourceRef;
  /** Add events behind those that are there. It is called while no source reads. */
  provide(events: readonly Row[]): MaybePromise<unknown>;
  /** Add something of which the source can make no row. */
  provideBad?(): MaybePromise<unknown>;
  /** How many events will not come again, as the outside knows it. */
  acknowledged?(): MaybePromise<number>;
  /** After the check. */
  end?(): MaybePromise<unknown>;
}

export interface SourceConformanceOptions {
  /** Makes an empty outside for a check. */
  begin: () => MaybePromise<Outside>;
  /**
   * The schema of the events. It needs a required column of a number, a text, a bigint or a time, whose values tell
   * rows apart. Default: one of an int32 `n`, a string `text`, a label `tag` that may be absent.
   */
  schema?: Schema;
  /** How long a wait for rows may take. Default 10,000. */
  timeLimitMs?: number;
}

const rules = {
  begin: callback<SourceConformanceOptions['begin']>('a function that returns { source, provide }'),
  schema: custom<Schema>(
    (value) => typeof (value as Partial<Schema> | null)?.columns === 'object',
    'a schema made by defineSchema()',
  ).optional(),
  timeLimitMs: number(1).default(10_000),
} satisfies RulesFor<SourceConformanceOptions>;

export type SourceSettings = Omit<Checked<typeof rules>, 'schema'> & { readonly schema: Schema };

/** @throws ConfigError for the first option that cannot work. */
export function settingsOf(options: SourceConformanceOptions): SourceSettings {
  const { schema = plainSchema, ...settings } = check(rules, options);
  keyOf(schema);
  return { ...settings, schema };
}
