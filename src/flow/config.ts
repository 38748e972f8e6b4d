/**
 * The configuration of a flow: checked key by key, defaults filled in.
 */
import type { ResourceLimits } from 'node:worker_threads';
import { z } from 'zod';
import { ConfigError, messageOf } from '../errors.js';
import { anySchema, type Schema } from '../schema/schema.js';
import type { SinkRef, Verdict } from '../sink.js';
import { type CircuitSettings, defaultCircuit } from './circuit.js';
import { type DedupeSpec, describeKey } from './dedupe.js';
import { sourceOf } from './function-source.js';
import { defaultRetry, type RetrySettings } from './retry.js';
import { divide } from './ring-size.js';
import type { OnFull } from './types.js';

/** A flow's configuration with nothing left open. */
export interface FlowOptions {
  readonly name: string;
  readonly schemas: readonly Schema[];
  readonly flushSize: number;
  readonly flushIntervalMs: number;
  readonly bufferSize: number;
  readonly blockTextBytes: number | undefined;
  readonly maxConcurrentFlushes: number;
  readonly flushers: number;
  readonly onFull: OnFull;
  readonly blockTimeoutMs: number;
  readonly publishEvery: number;
  readonly maxProducers: number;
  readonly maxLabels: number;
  readonly dedupe: DedupeSpec | undefined;
  readonly sink: SinkRef | undefined;
  readonly retry: RetrySettings;
  readonly circuit: CircuitSettings | undefined;
  readonly deadLetters: SinkRef | undefined;
  readonly maxDeliveries: number;
  readonly resourceLimits: ResourceLimits | undefined;
  // biome-ignore lint/suspicious/noExplicitAny: the batch's type is the caller's affair
  readonly onBatch: ((batch: any) => unknown) | undefined;
  readonly signal: AbortSignal | undefined;
  readonly drainOnAbort: boolean;
  readonly drainGraceMs: number;
  readonly drainOnExit: boolean;
}

const integer = (min: number, max: number) => {
  const error = `an integer from ${min} to ${max}`;
  return z.int({ error }).min(min, { error }).max(max, { error });
};
const oneOf = <T extends string>(...values: [T, ...T[]]) =>
  z.enum(values, { error: `one of ${values.map((value) => `'${value}'`).join(', ')}` });
const custom = <T>(check: (value: unknown) => boolean, error: string) => z.custom<T>(check, { error });

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null;
/** https://nodejs.org/api/worker_threads.html#workerresourcelimits */
const limitNames = new Set([
  'maxYoungGenerationSizeMb',
  'maxOldGenerationSizeMb',
  'codeRangeSizeMb',
  'stackSizeMb',
]);
const isResourceLimits = (value: unknown) =>
  isObject(value) &&
  Object.entries(value).every(([key, mb]) => limitNames.has(key) && typeof mb === 'number' && mb > 0);
const isSchema = (value: unknown) =>
  isObject(value) && typeof value.name === 'string' && isObject(value.columns);
const schema = custom<Schema>(isSchema, 'a schema made by defineSchema()');

const hour = 3_600_000;
const flushSize = integer(1, 1_000_000);
const flushIntervalMs = integer(1, hour);

const sinkRef = custom<SinkRef>(
  (value) => isObject(value) && typeof value.module === 'string',
  "a sink such as sqlite({…}) or handler(new URL('./mine.js', import.meta.url))",
);
const count = integer(1, 1_000_000);

const retry = z.strictObject(
  {
    maxAttempts: integer(1, 1000).default(defaultRetry.maxAttempts),
    backoffMs: integer(0, hour).default(defaultRetry.backoffMs),
    maxBackoffMs: integer(1, hour).default(defaultRetry.maxBackoffMs),
    jitter: z.boolean({ error: 'true or false' }).default(defaultRetry.jitter),
    timeoutMs: integer(1, 24 * hour).default(defaultRetry.timeoutMs),
    classify: custom<(error: never) => Verdict>(
      (value) => typeof value === 'function',
      "a function of the error that returns 'retry', 'fatal' or undefined",
    ).optional(),
  },
  { error: (issue) => (issue.code === 'unrecognized_keys' ? undefined : '{ maxAttempts, backoffMs, … }') },
);
const circuit = z.strictObject(
  {
    failures: count.default(defaultCircuit.failures),
    coolDownMs: integer(1, hour).default(defaultCircuit.coolDownMs),
  },
  {
    error: (issue) =>
      issue.code === 'unrecognized_keys' ? undefined : '{ failures, coolDownMs }, or false for no circuit',
  },
);

const shape = z.strictObject({
  name: z
    .string({ error: 'a text' })
    .min(1, { error: 'a text that is not empty' })
    .max(128, { error: 'a text of at most 128 characters' })
    .optional(),
  schema: schema.optional(),
  schemas: z
    .array(schema, { error: 'an array of schemas' })
    .min(1, { error: 'at least one schema' })
    .optional(),
  sink: sinkRef.optional(),
  onBatch: custom<(batch: unknown) => unknown>(
    (value) => typeof value === 'function',
    'a function of the batch',
  ).optional(),
  flushSize: flushSize.default(1000),
  flushIntervalMs: flushIntervalMs.default(100),
  bufferSize: integer(2, 100_000_000).optional(),
  blockTextBytes: integer(64, 2 ** 30).optional(),
  flushMode: oneOf('sync', 'async').default('async'),
  maxConcurrentFlushes: integer(1, 1024).optional(),
  concurrencyLimit: integer(1, 1024).optional(),
  flushers: integer(1, 64).default(1),
  onFull: oneOf('reject', 'block', 'drop-newest', 'drop-oldest').default('reject'),
  blockTimeoutMs: integer(1, hour).default(1000),
  publishEvery: integer(1, 65_536).default(128),
  maxProducers: integer(1, 1024).default(64),
  maxLabels: integer(1, 1_000_000).default(16_384),
  dedupe: z
    .strictObject(
      {
        by: custom<string | ((row: never) => unknown)>(
          (value) => typeof value === 'string' || typeof value === 'function',
          "a column's name or a function of the row",
        ),
        keep: oneOf('last', 'first').default('last'),
      },
      { error: "{ by: column or function, keep: 'last' or 'first' }" },
    )
    .optional(),
  retry: retry.prefault({}),
  circuit: z
    .union([z.literal(false), circuit], { error: '{ failures, coolDownMs }, or false for no circuit' })
    .prefault({}),
  deadLetters: z.union([z.literal(false), sinkRef], { error: 'a sink, or false for none' }).optional(),
  maxDeliveries: integer(1, 1000).default(3),
  resourceLimits: custom<ResourceLimits>(
    isResourceLimits,
    'memory limits of a worker thread, in MB',
  ).optional(),
  signal: custom<AbortSignal>((value) => value instanceof AbortSignal, 'an AbortSignal').optional(),
  drainOnAbort: z.boolean({ error: 'true or false' }).default(true),
  drainGraceMs: integer(1, hour).default(5000),
  drainOnExit: z.boolean({ error: 'true or false' }).default(true),
});

const liveShape = z.strictObject({
  flushSize: flushSize.optional(),
  flushIntervalMs: flushIntervalMs.optional(),
});

/** Check a flow's configuration. @throws ConfigError for the first mistake in it. */
export function resolveConfig(config: unknown): FlowOptions {
  const given = parse(shape, config);
  const schemas = schemasOf(given);
  const bufferSize = given.bufferSize ?? 64 * given.flushSize;
  if (bufferSize < 2 * given.flushSize || divide(bufferSize, given.flushSize).blocks < 2) {
    throw new ConfigError(
      'bufferSize',
      bufferSize,
      `at least two blocks' worth of rows: 2 × flushSize (${given.flushSize})`,
    );
  }
  if ((given.sink === undefined) === (given.onBatch === undefined)) {
    throw new ConfigError(
      'sink',
      given.sink,
      given.sink === undefined ? 'a sink, or onBatch' : 'a sink or onBatch, not both',
    );
  }
  const deadLetters =
    given.deadLetters === false ? undefined : (given.deadLetters ?? given.sink?.deadLetters);
  checkPostable('sink.options', given.sink?.options);
  checkPostable('deadLetters.options', deadLetters?.options);
  if (given.onBatch !== undefined && given.onFull === 'block') {
    throw new ConfigError(
      'onFull',
      'block',
      'another policy with onBatch: the blocked thread could not run it',
    );
  }
  const { maxConcurrentFlushes, concurrencyLimit, flushMode } = given;
  if (
    maxConcurrentFlushes !== undefined &&
    concurrencyLimit !== undefined &&
    maxConcurrentFlushes !== concurrencyLimit
  ) {
    throw new ConfigError(
      'concurrencyLimit',
      concurrencyLimit,
      'the same as maxConcurrentFlushes, or one of the two only',
    );
  }
  const concurrent = maxConcurrentFlushes ?? concurrencyLimit ?? 1;
  if (flushMode === 'sync' && concurrent > 1) {
    throw new ConfigError('maxConcurrentFlushes', concurrent, "1 in flushMode 'sync'; more need 'async'");
  }
  return {
    ...given,
    name: given.name ?? (schemas.length === 1 ? (schemas[0] as Schema).name : 'flow'),
    schemas,
    bufferSize,
    blockTextBytes: given.blockTextBytes,
    maxConcurrentFlushes: concurrent,
    dedupe: given.dedupe && describeKey(given.dedupe, schemas),
    sink: given.sink,
    retry: {
      ...given.retry,
      classify: given.retry.classify && sourceOf('retry.classify', given.retry.classify),
    },
    circuit: given.circuit === false ? undefined : given.circuit,
    deadLetters,
    resourceLimits: given.resourceLimits,
    onBatch: given.onBatch,
    signal: given.signal,
  };
}

/** A sink's options go to another thread. */
function checkPostable(key: string, options: unknown): void {
  try {
    structuredClone(options);
  } catch (error) {
    throw new ConfigError(key, options, `what can be posted to a thread (${messageOf(error)})`);
  }
}

/** Check what `update()` got. @throws ConfigError */
export function resolveUpdate(settings: unknown): {
  flushSize?: number | undefined;
  flushIntervalMs?: number | undefined;
} {
  return parse(liveShape, settings);
}

function schemasOf(given: {
  schema?: Schema | undefined;
  schemas?: Schema[] | undefined;
  name?: string | undefined;
}): Schema[] {
  if (given.schema !== undefined && given.schemas !== undefined) {
    throw new ConfigError('schemas', given.schemas, 'schema or schemas, not both');
  }
  const schemas = given.schemas ?? [given.schema ?? anySchema(given.name ?? 'events')];
  const names = new Set<string>();
  for (const { name } of schemas) {
    if (names.has(name)) throw new ConfigError('schemas', name, 'schemas of different names');
    names.add(name);
  }
  return schemas;
}

function parse<T>(type: z.ZodType<T>, config: unknown): T {
  const result = type.safeParse(config);
  if (result.success) return result.data;
  const issue = result.error.issues[0] as z.core.$ZodIssue;
  if (issue.code === 'unrecognized_keys') {
    const path = [...issue.path, issue.keys[0] as string];
    throw new ConfigError(path.join('.'), valueAt(config, path), 'no such setting; is it misspelt?');
  }
  if (issue.path.length === 0) throw new ConfigError('configuration', config, 'an object of settings');
  throw new ConfigError(issue.path.join('.'), valueAt(config, issue.path), issue.message);
}

function valueAt(config: unknown, path: readonly PropertyKey[]): unknown {
  return path.reduce<unknown>((value, key) => (isObject(value) ? value[key as string] : undefined), config);
}
