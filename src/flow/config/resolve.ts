/**
 * The configuration of a flow: checked key by key, defaults filled in.
 */
import { z } from 'zod';
import { ConfigError } from '../../errors.js';
import { anySchema, type Schema } from '../../schema/columns/schema.js';
import type { SinkRef } from '../../sink.js';
import type { OnFull } from '../api/settings.js';
import { type DedupeSpec, describeKey } from './dedupe.js';
import { type DeliveryOptions, deliveryOptions, deliveryShape, sinkRef } from './delivery.js';
import { divide } from './ring-size.js';
import { boolean, custom, group, hour, integer, isObject, oneOf, parse } from './rules.js';

/** A flow's configuration with nothing left open. */
export interface FlowOptions extends DeliveryOptions {
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
  // biome-ignore lint/suspicious/noExplicitAny: the batch's type is the caller's affair
  readonly onBatch: ((batch: any) => unknown) | undefined;
  readonly signal: AbortSignal | undefined;
  readonly drainOnAbort: boolean;
  readonly drainGraceMs: number;
  readonly drainOnExit: boolean;
}

const isSchema = (value: unknown) =>
  isObject(value) && typeof value.name === 'string' && isObject(value.columns);
const schema = custom<Schema>(isSchema, 'a schema made by defineSchema()');

const flushSize = integer(1, 1_000_000);
const flushIntervalMs = integer(1, hour);

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
  dedupe: group(
    {
      by: custom<string | ((row: never) => unknown)>(
        (value) => typeof value === 'string' || typeof value === 'function',
        "a column's name or a function of the row",
      ),
      keep: oneOf('last', 'first').default('last'),
    },
    "{ by: column or function, keep: 'last' or 'first' }",
  ).optional(),
  ...deliveryShape,
  signal: custom<AbortSignal>((value) => value instanceof AbortSignal, 'an AbortSignal').optional(),
  drainOnAbort: boolean().default(true),
  drainGraceMs: integer(1, hour).default(5000),
  drainOnExit: boolean().default(true),
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
    ...deliveryOptions(given),
    onBatch: given.onBatch,
    signal: given.signal,
  };
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
