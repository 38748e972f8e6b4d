/**
 * A cache that records its hits, its misses and its evictions.
 */
import { types } from 'node:util';
import { check, type RulesFor } from '../../options/check.js';
import { boolean, custom, isObject, text } from '../../options/rules.js';
import type { CacheOperation, Recorder } from '../api/recorder.js';
import { recorderRule } from '../api/recorder-rule.js';

export interface ObservedCacheOptions {
  /** Whether a successful `delete` counts as an eviction, for caches that are emptied by it. Default false. */
  countDeletes?: boolean | undefined;
}

const rules = { countDeletes: boolean().default(false) } satisfies RulesFor<ObservedCacheOptions>;

/** An object with `get(key)`, as a Map has it; the value may be a promise. */
interface Cache {
  get(key: never): unknown;
}

const cacheRule = custom<Cache>(
  (value) => (isObject(value) || types.isMap(value)) && typeof Reflect.get(value, 'get') === 'function',
  'a cache: an object with get()',
);

type Method = (...args: unknown[]) => unknown;

/**
 * Put a recorder around a cache. The result is used in the cache's place and has all of its methods.
 *
 * `get` and `fetch` are hits or misses, `evict` is an eviction. A value that is undefined is a miss, unless the cache
 * `has` its key; from a promise, so is null, as clients of Redis have it.
 *
 * @param name the label of the cache.
 * @throws ConfigError
 * @example
 * const users = observedCache(collector, 'users', new Map());
 */
export function observedCache<C extends Cache>(
  recorder: Recorder,
  name: string,
  cache: C,
  options: ObservedCacheOptions = {},
): C {
  recorderRule.check(recorder, 'recorder');
  text().check(name, 'name');
  cacheRule.check(cache, 'cache');
  const { countDeletes } = check(rules, options);
  const record = (operation: CacheOperation) => recordOperation(recorder, name, operation);

  const has = (key: unknown): boolean => {
    try {
      const method = Reflect.get(cache, 'has') as unknown;
      return typeof method === 'function' && Reflect.apply(method as Method, cache, [key]) === true;
    } catch {
      // The program has not called it.
      return false;
    }
  };
  const looked = (key: unknown, found: unknown) =>
    whenKnown(found, (value, isLate) => {
      if (isLate) record(value === undefined || value === null ? 'miss' : 'hit');
      else record(value !== undefined || has(key) ? 'hit' : 'miss');
    });
  const removed = (result: unknown) =>
    whenKnown(result, (value) => {
      if (value !== false) record('eviction');
    });
  const observers: Readonly<Record<string, (call: () => unknown, key: unknown) => unknown>> = {
    get: (call, key) => looked(key, call()),
    // What it loads is not in the cache yet.
    fetch: (call, key) => {
      record(has(key) ? 'hit' : 'miss');
      return call();
    },
    evict: (call) => removed(call()),
    ...(countDeletes && { delete: (call: () => unknown) => removed(call()) }),
  };

  const bound = new Map<string | symbol, { readonly method: unknown; readonly observed: Method }>();
  // A proxy of a frozen object may return no other methods than its own.
  const shown: C = Object.isFrozen(cache) ? Object.create(cache) : cache;
  const proxy: C = new Proxy(shown, {
    get(_shown, property) {
      const method: unknown = Reflect.get(cache, property, cache);
      if (typeof method !== 'function' || property === 'constructor') return method;
      const known = bound.get(property);
      if (known?.method === method) return known.observed;
      const observer = Object.hasOwn(observers, property) ? observers[property as string] : undefined;
      const observed: Method = (...args) => {
        const call = () => Reflect.apply(method as Method, cache, args);
        const result = observer === undefined ? call() : observer(call, args[0]);
        // Calls can be chained, as those of `Map.set`.
        return result === cache ? proxy : result;
      };
      bound.set(property, { method, observed });
      return observed;
    },
    set: (_shown, property, value) => Reflect.set(cache, property, value, cache),
  });
  return proxy;
}

/**
 * Make a `dispose` function for lru-cache, which counts the entries that it evicts, and those whose time is over.
 *
 * @param dispose the program's own, called behind it.
 * @example
 * const cache = new LRUCache({ max: 500, dispose: countEvictions(collector, 'users') });
 */
export function countEvictions<Args extends [value: unknown, key: unknown, reason: string]>(
  recorder: Recorder,
  name: string,
  dispose?: (...args: Args) => void,
): (...args: Args) => void {
  recorderRule.check(recorder, 'recorder');
  text().check(name, 'name');
  return (...args) => {
    const [, , reason] = args;
    if (reason === 'evict' || reason === 'expire') recordOperation(recorder, name, 'eviction');
    dispose?.(...args);
  };
}

function recordOperation(recorder: Recorder, cache: string, operation: CacheOperation): void {
  try {
    recorder.recordCacheMetric(cache, operation);
  } catch {
    // A recorder that is closed is no concern of the cache.
  }
}

/**
 * Look at a result, or at what its promise gives.
 *
 * @returns the result.
 */
function whenKnown(result: unknown, look: (value: unknown, isLate: boolean) => void): unknown {
  if (typeof (result as Promise<unknown> | undefined | null)?.then !== 'function') {
    look(result, false);
    return result;
  }
  // Its failure is for the caller.
  (result as Promise<unknown>).then(
    (value) => look(value, true),
    () => {},
  );
  return result;
}
