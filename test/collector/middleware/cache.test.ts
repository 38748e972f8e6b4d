/**
 * A cache with a recorder around it does what it did, and its hits, misses and evictions are counted.
 */
import { LRUCache } from 'lru-cache';
import { expect, it } from 'vitest';
import { countEvictions, observedCache } from '../../../dist/src/collector/middleware/index.js';
import { NotingRecorder } from '../../fixtures/noting-recorder.js';

it('counts hits and misses of a Map, and leaves it a Map', () => {
  const recorder = new NotingRecorder();
  const map = new Map<string, number | undefined | null>();
  const cache = observedCache(recorder, 'users', map);
  expect(cache.set('a', 1).set('b', undefined).set('c', null)).toBe(cache);
  expect([cache.get('a'), cache.get('b'), cache.get('c'), cache.get('d')]).toEqual([
    1,
    undefined,
    null,
    undefined,
  ]);
  expect(recorder.operations).toEqual(['users hit', 'users hit', 'users hit', 'users miss']);
  expect(cache).toBeInstanceOf(Map);
  expect([cache.size, [...cache.keys()], [...cache].length]).toEqual([3, ['a', 'b', 'c'], 3]);
  expect(cache.delete('a')).toBe(true);
  expect(map.has('a')).toBe(false);
  expect(recorder.events).toHaveLength(4);
});

it('counts deletes as evictions where the program says so', () => {
  const recorder = new NotingRecorder();
  const cache = observedCache(recorder, 'users', new Map([['a', 1]]), { countDeletes: true });
  cache.delete('a');
  cache.delete('a');
  expect(recorder.operations).toEqual(['users eviction']);
});

it('counts what a cache of promises gives, where null is a miss', async () => {
  const recorder = new NotingRecorder();
  const stored = new Map([['a', 'x']]);
  const cache = observedCache(recorder, 'redis', {
    get: async (key: string) => {
      if (key === 'broken') throw new Error('no connection');
      return stored.get(key) ?? null;
    },
    evict: async (key: string) => stored.delete(key),
  });
  expect([await cache.get('a'), await cache.get('b')]).toEqual(['x', null]);
  await expect(cache.get('broken')).rejects.toThrow('no connection');
  expect([await cache.evict('a'), await cache.evict('a')]).toEqual([true, false]);
  expect(recorder.operations).toEqual(['redis hit', 'redis miss', 'redis eviction']);
});

it('counts what an LRU cache evicts, and what it loads', async () => {
  const recorder = new NotingRecorder();
  const disposed: string[] = [];
  const dispose = (_value: number, key: string, reason: string) => disposed.push(`${key} ${reason}`);
  const cache = observedCache(
    recorder,
    'lru',
    new LRUCache<string, number>({
      max: 2,
      dispose: countEvictions(recorder, 'lru', dispose),
      fetchMethod: async () => 7,
    }),
  );
  cache.set('a', 1);
  cache.set('a', 2);
  cache.set('b', 1);
  cache.set('c', 1);
  cache.delete('b');
  expect(recorder.operations).toEqual(['lru eviction']);
  expect(disposed).toEqual(['a set', 'a evict', 'b delete']);
  expect(await cache.fetch('d')).toBe(7);
  expect(await cache.fetch('d')).toBe(7);
  expect(recorder.operations.slice(1)).toEqual(['lru miss', 'lru hit']);
  expect(cache.size).toBe(2);
});

it('serves the cache when the recorder throws', () => {
  const recorder = new NotingRecorder();
  recorder.answer = new Error('closed');
  expect(observedCache(recorder, 'users', new Map([['a', 1]])).get('a')).toBe(1);
});

it('keeps the identity of methods, and follows one that is replaced', () => {
  const recorder = new NotingRecorder();
  const plain = { get: (key: string): string | undefined => key, clear() {} };
  const cache = observedCache(recorder, 'x', plain);
  expect(cache.clear).toBe(cache.clear);
  cache.get = () => undefined;
  expect(cache.get('a')).toBeUndefined();
  expect(recorder.operations).toEqual(['x miss']);
});

it('refuses what is no cache, and unknown options', () => {
  const recorder = new NotingRecorder();
  expect(() => observedCache(recorder, 'x', {} as never)).toThrow(/^cache: /);
  expect(() => observedCache(recorder, '', new Map())).toThrow(/^name: /);
  expect(() => observedCache(recorder, 'x', new Map(), { countDelete: true } as never)).toThrow(
    'countDeletes',
  );
});

it('serves caches that are frozen, and those whose has() throws', () => {
  const recorder = new NotingRecorder();
  const frozen = observedCache(recorder, 'frozen', Object.freeze({ get: (key: string) => key, size: 3 }));
  expect([frozen.get('a'), frozen.size]).toEqual(['a', 3]);
  const has = () => {
    throw new Error('no');
  };
  const broken = observedCache(recorder, 'broken', {
    ...{ get: (_key: string) => undefined, fetch: (key: string) => key, has },
  });
  expect([broken.get('a'), broken.fetch('b')]).toEqual([undefined, 'b']);
  expect(recorder.operations).toEqual(['frozen hit', 'broken miss', 'broken miss']);
});
