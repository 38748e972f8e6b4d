/**
 * The rules for settings that depend on each other. Each is a function that returns the mistake it finds.
 */
import { ConfigError } from '../../errors.js';
import type { Checked } from '../../options/check.js';
import type { OnGivenUp } from '../api/settings.js';
import type { flowRules } from './flow-rules.js';
import { divide } from './ring-size.js';

/** A flow's configuration after each setting has been checked by itself. */
export type CheckedConfig = Checked<typeof flowRules>;

type CrossRule = (given: CheckedConfig) => ConfigError | undefined;

const schemaOrSchemas: CrossRule = ({ schema, schemas }) =>
  schema !== undefined && schemas !== undefined
    ? new ConfigError('schemas', schemas, 'schema or schemas, not both')
    : undefined;

const differentNames: CrossRule = ({ schemas = [] }) => {
  const names = schemas.map(({ name }) => name);
  const repeated = names.find((name, i) => names.indexOf(name) < i);
  return repeated === undefined
    ? undefined
    : new ConfigError('schemas', repeated, 'schemas of different names');
};

const roomForTwoBlocks: CrossRule = (given) => {
  const { bufferSize, sharding } = given;
  if (bufferSize === undefined) return undefined;
  const flushSize = largestBatch(given);
  const ofEach = Math.floor(bufferSize / shardsOf({ sharding }));
  if (ofEach >= 2 * flushSize && divide(ofEach, flushSize).blocks >= 2) return undefined;
  const inShards = sharding === undefined ? '' : ` in each of ${sharding.shards} shards`;
  const expected = `at least two blocks' worth of rows${inShards}: 2 × flushSize (${flushSize})`;
  return new ConfigError('bufferSize', bufferSize, expected);
};

const beginsInRange: CrossRule = (given) => {
  const { adaptive } = given;
  if (adaptive === undefined) return undefined;
  for (const name of ['flushSize', 'flushIntervalMs'] as const) {
    const [min, max] = adaptive[name];
    if (given[name] < min || given[name] > max) {
      return new ConfigError(name, given[name], `within adaptive.${name}, from ${min} to ${max}`);
    }
  }
  return undefined;
};

const rowsOrBytes: CrossRule = ({ bufferSize, bufferBytes }) =>
  bufferSize !== undefined && bufferBytes !== undefined
    ? new ConfigError('bufferBytes', bufferBytes, 'bufferSize or bufferBytes, not both')
    : undefined;

const sinkOrOnBatch: CrossRule = ({ sink, onBatch }) => {
  if ((sink === undefined) !== (onBatch === undefined)) return undefined;
  const expected = sink === undefined ? 'a sink, or onBatch' : 'a sink or onBatch, not both';
  return new ConfigError('sink', sink, expected);
};

const onBatchNeedsItsThread: CrossRule = ({ onBatch, onFull }) =>
  onBatch !== undefined && onFull === 'block'
    ? new ConfigError('onFull', onFull, 'another policy with onBatch: the blocked thread could not run it')
    : undefined;

const onBatchSharesNoPermits: CrossRule = ({ onBatch, concurrencyLimit }) =>
  // A blocked push of another flow, or the exit of the process, would wait for a permit that waits for this thread.
  onBatch !== undefined && typeof concurrencyLimit === 'object'
    ? new ConfigError(
        'concurrencyLimit',
        concurrencyLimit,
        'a number with onBatch: flows that share a limit would wait for its thread',
      )
    : undefined;

const syncIsOneAtATime: CrossRule = ({ flushMode, maxConcurrentFlushes }) =>
  flushMode === 'sync' && maxConcurrentFlushes > 1
    ? new ConfigError(
        'maxConcurrentFlushes',
        maxConcurrentFlushes,
        "1 in flushMode 'sync'; more need 'async'",
      )
    : undefined;

const wholeBatchesIntoCells: CrossRule = ({ sink, dedupe }) =>
  sink?.cells !== undefined && dedupe !== undefined
    ? new ConfigError('dedupe', dedupe, 'none: a sink with cells stores batches whole')
    : undefined;

const flusherOfAShard: CrossRule = ({ flushers, maxConcurrentFlushes, sharding }) => {
  if (sharding === undefined) return undefined;
  if (flushers !== undefined) {
    return new ConfigError('flushers', flushers, 'none beside sharding: each shard has one flusher');
  }
  return maxConcurrentFlushes > 1
    ? new ConfigError(
        'maxConcurrentFlushes',
        maxConcurrentFlushes,
        '1 with sharding: rows of a shard keep their order',
      )
    : undefined;
};

/** Identities of rows have two bytes for their producer. */
const mostProducers = 2 ** 16;

const numbersForProducers: CrossRule = ({ maxProducers, sharding }) => {
  // One more in each shard is the flow's own.
  const most = Math.floor(mostProducers / shardsOf({ sharding })) - 1;
  return maxProducers > most
    ? new ConfigError('maxProducers', maxProducers, `at most ${most} with ${sharding?.shards} shards`)
    : undefined;
};

const lettersWhereRowsAreKept: CrossRule = (given) => {
  const { source, deadLetters, sink } = given;
  if (onGivenUpOf(given) === 'drop' || (deadLetters ?? sink?.deadLetters ?? false) !== false)
    return undefined;
  const why = source === undefined ? "by onGivenUp 'keep'" : 'with a source';
  return new ConfigError('deadLetters', deadLetters, `a sink of dead letters ${why}, or onGivenUp: 'drop'`);
};

/** A source knows the end of a unit by places in one ring. */
const sourceOfOneRing: CrossRule = ({ source, sharding }) =>
  source !== undefined && sharding !== undefined
    ? new ConfigError('sharding', sharding, 'none with a source')
    : undefined;

const sourcesLoseNothing: CrossRule = ({ source, onFull }) =>
  source !== undefined && onFull.startsWith('drop')
    ? new ConfigError('onFull', onFull, "'reject' or 'block' with a source, whose units are acknowledged")
    : undefined;

const crossRules: readonly CrossRule[] = [
  schemaOrSchemas,
  differentNames,
  roomForTwoBlocks,
  rowsOrBytes,
  beginsInRange,
  sinkOrOnBatch,
  onBatchNeedsItsThread,
  onBatchSharesNoPermits,
  syncIsOneAtATime,
  wholeBatchesIntoCells,
  flusherOfAShard,
  numbersForProducers,
  lettersWhereRowsAreKept,
  sourceOfOneRing,
  sourcesLoseNothing,
];

/** The most rows that `flushSize` may come to without `update()`. */
export function largestBatch({ adaptive, flushSize }: Pick<CheckedConfig, 'adaptive' | 'flushSize'>): number {
  return adaptive?.flushSize[1] ?? flushSize;
}

/** Rings of a flow. */
export function shardsOf({ sharding }: Pick<CheckedConfig, 'sharding'>): number {
  return sharding?.shards ?? 1;
}

/** What is to become of rows that are given up; a source acknowledges what is not lost. */
export function onGivenUpOf({ onGivenUp, source }: CheckedConfig): OnGivenUp {
  return onGivenUp ?? (source === undefined ? 'drop' : 'keep');
}

/** @throws ConfigError for the first rule that is broken. */
export function checkTogether(given: CheckedConfig): void {
  for (const rule of crossRules) {
    const mistake = rule(given);
    if (mistake !== undefined) throw mistake;
  }
}
