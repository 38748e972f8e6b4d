/**
 * Deduplication while flushers die: what a target has in the end is what rows written one by one would have left.
 */
import { expect, onTestFinished, test } from 'vitest';
import { createBatchFlow, defineSchema, handler, t } from '../../../dist/src/index.js';

/** `BATCHFLOW_DEDUPE_EVENTS=1000000 npx vitest run dedupe-deaths` for a long run by hand. */
const events = Number(process.env.BATCHFLOW_DEDUPE_EVENTS ?? 600);
/** Each key is used for a while, and never again: what overwrites its last row stays. */
const keysAtATime = 12;
const rowsOfKey = 6;
const tenants = ['a', 'a1', 'a11'];

const Order = defineSchema('orders', {
  tenant: t.label(),
  id: t.int32(),
  a: t.int32().optional(),
  b: t.int32().optional(),
  c: t.int32().optional(),
});
const columns = ['a', 'b', 'c'] as const;

test.each(['merge', 'last'] as const)(
  `${events} rows of a few keys of two columns, keep ${'%s'}: none that is older wins`,
  async (keep) => {
    const seed = Date.now() % 1_000_000;
    console.log(`seed ${seed}`);
    const keys = Array.from({ length: keysAtATime + Math.ceil(events / rowsOfKey) }, (_, key) => ({
      ...{ tenant: tenants[key % tenants.length], id: key },
    }));
    const words = new Int32Array(new SharedArrayBuffer(4 * (1 + keys.length * columns.length)));
    const sink = handler(new URL('../../fixtures/sinks/upserting-sink.mjs', import.meta.url), {
      ...{ words, seed, columns, keys: keys.map(({ tenant, id }) => `${tenant} ${id}`) },
    });
    const flow = await createBatchFlow({
      ...{ schema: Order, sink, flushSize: 10, bufferSize: 200, flushIntervalMs: 2 },
      dedupe: { by: ['tenant', 'id'], keep },
      retry: { maxAttempts: 100, backoffMs: 1, maxBackoffMs: 3 },
      maxDeliveries: 1000,
      circuit: false,
    });
    onTestFinished(async () => void (await flow.destroy().catch(() => {})));
    let deaths = 0;
    flow.on('flusherExit', () => deaths++);
    const expected = new Int32Array(words.length);
    for (let n = 1; n <= events; n++) {
      const random = Math.imul(n ^ seed, 0x9e3779b1) >>> 4;
      const key = Math.floor(n / rowsOfKey) + (random % keysAtATime);
      const row: Record<string, unknown> = { ...keys[key] };
      columns.forEach((name, k) => {
        // Where rows are not merged each has all values: an older one must not overwrite any.
        if (keep === 'last' || ((random >> (8 + k)) & 1) === 1) {
          row[name] = n;
          expected[1 + key * columns.length + k] = n;
        }
      });
      while (!flow.push(row as never)) await flow.writable();
    }
    await flow.close();
    const { accepted, committed, dropped } = flow.stats();
    expect(accepted).toBe(events);
    expect(committed + (dropped.duplicate ?? 0)).toBe(events);
    expect(deaths).toBeGreaterThan(5);
    words[0] = 0;
    expect([...words]).toEqual([...expected]);
  },
  60_000 + events,
);
