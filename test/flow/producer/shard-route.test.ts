/**
 * Which shard gets the next rows.
 */
import { threadId } from 'node:worker_threads';
import { describe, expect, test } from 'vitest';
import { resolveConfig } from '../../../dist/src/flow/config/resolve.js';
import type { ShardingSpec } from '../../../dist/src/flow/config/sharding.js';
import { shardRoute } from '../../../dist/src/flow/producer/shard-route.js';
import { createShared, type SharedFlow } from '../../../dist/src/flow/shared/shared-flow.js';
import { ConfigError, defineSchema, EventError, t } from '../../../dist/src/index.js';
import { BlockLease } from '../../../dist/src/ring/block-lease.js';

const schema = defineSchema('events', { user: t.string(), i: t.int32() });
const ringOf = () =>
  createShared(resolveConfig({ schema, onBatch() {}, flushSize: 3, bufferSize: 12 }), threadId);
const routeOf = (by: unknown, rings = [ringOf(), ringOf(), ringOf()]) =>
  shardRoute({ shards: rings.length, by } as ShardingSpec, schema, rings, (error) => error);

describe('round-robin', () => {
  test('goes round, row by row', () => {
    const route = routeOf('round-robin');
    const first = route.of({});
    expect([route.of({}), route.of({}), route.of({})]).toEqual([1, 2, 3].map((n) => (first + n) % 3));
  });
});

describe('least-loaded', () => {
  test('stays for a while, then goes on to the next of those that are as free', () => {
    const route = routeOf('least-loaded');
    const shards = Array.from({ length: 4 * 128 }, () => route.of({}));
    const looks = [0, 128, 256, 384].map((row) => shards.slice(row, row + 128));
    for (const rows of looks) expect(new Set(rows).size).toBe(1);
    const [first] = shards as [number];
    expect(looks.map(([shard]) => shard)).toEqual([0, 1, 2, 3].map((n) => (first + n) % 3));
  });

  test('goes to the one that has the fewest blocks in use, and looks at once when that takes no more', () => {
    const rings = [ringOf(), ringOf(), ringOf()];
    for (const [i, { ring }] of rings.entries()) {
      for (let n = i === 1 ? 1 : 0; n < 2; n++) new BlockLease(ring, n + 1).open(0, 0);
    }
    const route = routeOf('least-loaded', rings);
    expect(route.of({})).toBe(1);
    for (let n = 2; n < 4; n++) new BlockLease((rings[1] as SharedFlow).ring, n + 1).open(0, 0);
    expect(route.of({})).toBe(1);
    route.refused();
    expect(route.of({})).not.toBe(1);
  });
});

describe('a function', () => {
  test('names the shard, from 0 to the last', () => {
    const route = routeOf({ source: '(event) => event.i' });
    expect([0, 1, 2, -0].map((i) => route.of({ i }))).toEqual([0, 1, 2, 0]);
    for (const i of [-1, 3, 0.5, '1', undefined]) expect(() => route.of({ i })).toThrow(EventError);
  });
});

describe('a key', () => {
  test('names one shard for equal values, and must be in the schema', () => {
    const route = routeOf({ key: ['user'] });
    expect(route.of({ user: 'a', i: 1 })).toBe(route.of({ user: 'a', i: 2 }));
    const shards = Array.from({ length: 50 }, (_, i) => route.of({ user: `u${i}` }));
    expect([...new Set(shards)].sort()).toEqual([0, 1, 2]);
    expect(() => routeOf({ key: ['tenant'] })).toThrow(ConfigError);
  });
});
