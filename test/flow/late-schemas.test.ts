/**
 * Schemas that are added to a running flow: on any thread, within bounds, and delivered as all others are.
 */
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import Database from 'better-sqlite3';
import { describe, expect, onTestFinished, test } from 'vitest';
import { SharedTexts } from '../../dist/src/flow/shared/entry-texts.js';
import type { FlowMemory } from '../../dist/src/flow/shared/flow-memory.js';
import {
  addSchema,
  attachProducer,
  type Batch,
  CapacityError,
  ConfigError,
  createBatchFlow,
  defineSchema,
  type Flow,
  FlowClosedError,
  type Producer,
  SchemaError,
  t,
} from '../../dist/src/index.js';
import { sqlite } from '../../dist/src/sinks/sqlite/index.js';
import { scriptedFlow } from '../fixtures/script.js';
import { until } from '../fixtures/until.js';

const First = defineSchema('first', { i: t.int32(), text: t.string() });
const Late = defineSchema('late', { i: t.int32(), text: t.string() });
const rows = (count: number) => Array.from({ length: count }, (_, i) => ({ i, text: `row ${i}` }));

/** A flow whose batches come to this thread. */
async function collecting(settings: object = {}) {
  const batches: Batch[] = [];
  const flow = (await createBatchFlow({
    schema: First,
    onBatch: (batch) => void batches.push(batch as unknown as Batch),
    ...settings,
  })) as unknown as Flow<typeof First>;
  onTestFinished(async () => void (await flow.destroy()));
  const of = (name: string) =>
    batches.filter(({ schema }) => schema.name === name).flatMap((batch) => batch.rows());
  return { flow, batches, of };
}

function temporaryFile(): string {
  const folder = mkdtempSync(join(tmpdir(), 'late-schemas-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return join(folder, 'late.db');
}

/** Run threads that add schemas, and block this one until they have ended. */
async function adding(flow: Flow<never>, threads: readonly (readonly string[])[], count: number) {
  const start = new Int32Array(new SharedArrayBuffer(4));
  const module = new URL('../fixtures/adding-thread.mjs', import.meta.url);
  const workers = threads.map(
    (names) => new Worker(module, { workerData: { handle: flow.handle(), names, count, start } }),
  );
  await Promise.all(workers.map((worker) => once(worker, 'online')));
  const answers = workers.map(async (worker) => (await once(worker, 'message'))[0] as string[]);
  Atomics.store(start, 0, 1);
  Atomics.notify(start, 0);
  return await Promise.all(answers);
}

describe('a schema that is added', () => {
  test('has a producer, and its rows come in batches of their own, beside those of the first', async () => {
    const { flow, of } = await collecting();
    flow.pushMany(rows(3));
    const late = flow.addSchema(Late);
    expect(late.schema).toEqual(Late);
    late.pushMany(rows(5));
    await flow.flush();
    expect(of('late')).toEqual(rows(5));
    expect(of('first')).toEqual(rows(3));
    expect(flow.settings().schemas).toEqual([First, Late]);
    expect(flow.stats()).toMatchObject({ accepted: 8, committed: 8 });
    const measured = flow.metrics().schemas.map(({ name, batchSize }) => [name, batchSize.sum]);
    expect(measured).toEqual([
      ['first', 3],
      ['(added)', 5],
    ]);
  });

  test('is there for each producer after that: of the flow, by its handle, and by adding it again', async () => {
    const { flow, of } = await collecting();
    flow.addSchema(Late).pushMany(rows(1));
    const known = flow.producer(Late as never) as unknown as Producer<typeof Late>;
    known.push({ i: 1, text: 'row 1' });
    attachProducer(flow.handle(), Late).push({ i: 2, text: 'row 2' });
    addSchema(flow.handle(), defineSchema('late', { i: t.int32(), text: t.string() })).push({
      i: 3,
      text: 'row 3',
    });
    await flow.flush();
    expect(
      of('late')
        .map((row) => (row as unknown as { i: number }).i)
        .sort(),
    ).toEqual([0, 1, 2, 3]);
    expect(flow.addSchema(First).schema).toEqual(First);
    expect(flow.settings().schemas).toHaveLength(2);
  });

  test('is one beside any values, of a flow without a schema', async () => {
    const batches: Batch[] = [];
    const flow = await createBatchFlow({ onBatch: (batch) => void batches.push(batch as unknown as Batch) });
    onTestFinished(async () => void (await flow.destroy()));
    flow.push({ anything: 1 });
    flow.addSchema(Late).push({ i: 1, text: 'one' });
    await flow.flush();
    expect(batches.map(({ schema }) => schema.name).sort()).toEqual(['events', 'late']);
  });

  test('is handed back with its rows, when the flow stops before they are delivered', async () => {
    const { flow } = await scriptedFlow(() => new Promise(() => {}), { flushIntervalMs: 3_600_000 });
    flow.addSchema(Late).pushMany(rows(3));
    await flow.destroy();
    const left = flow.takeUndelivered();
    expect(left.map((batch) => [batch.schema, batch.rows()])).toEqual([[Late, rows(3)]]);
  });

  test('is deduplicated by the rule of the flow, and refused without the column that it needs', async () => {
    const { flow, of } = await collecting({ dedupe: { by: 'i' } });
    const late = flow.addSchema(Late);
    late.pushMany([...rows(2), { i: 1, text: 'again' }]);
    await flow.flush();
    expect(of('late')).toEqual([rows(1)[0], { i: 1, text: 'again' }]);
    expect(() => flow.addSchema(defineSchema('other', { n: t.int32() }))).toThrow('a column of "other"');
  });
});

describe('it is refused', () => {
  test('when its name has other columns', async () => {
    const { flow } = await collecting();
    flow.addSchema(Late);
    for (const name of ['first', 'late']) {
      const other = defineSchema(name, { i: t.float64() });
      expect(() => flow.addSchema(other)).toThrow(ConfigError);
      expect(() => flow.addSchema(other)).toThrow('{"i":"int32","text":"string"}');
    }
    expect(flow.settings().schemas).toHaveLength(2);
  });

  test('beyond maxSchemas', async () => {
    const { flow } = await collecting({ maxSchemas: 3 });
    flow.addSchema(Late).close();
    flow.addSchema(defineSchema('third', { i: t.int32() })).close();
    expect(() => flow.addSchema(defineSchema('fourth', { i: t.int32() }))).toThrow(CapacityError);
    expect(() => flow.addSchema(Late)).not.toThrow();
    await expect(collecting({ schema: undefined, schemas: [First, Late], maxSchemas: 1 })).rejects.toThrow(
      'at least the 2 schemas',
    );
  });

  test('when a row does not fit the blocks, and one that fits has as many rows a block as fit', async () => {
    const { flow, of } = await collecting({
      schema: defineSchema('first', { i: t.uint8() }),
      flushSize: 10,
      bufferSize: 400,
    });
    const wide = (columns: number) =>
      defineSchema(
        `wide${columns}`,
        Object.fromEntries(Array.from({ length: columns }, (_, k) => [`c${k}`, t.float64()])),
      );
    expect(() => flow.addSchema(wide(500))).toThrow(/a row takes at most the \d+ bytes of a block, not \d+/);
    const late = flow.addSchema(defineSchema('late', { i: t.int32() }));
    for (let i = 0; i < 100; i++) while (!late.push({ i })) await flow.writable();
    await flow.flush();
    expect(of('late')).toEqual(Array.from({ length: 100 }, (_, i) => ({ i })));
  });

  test('when its text is too long, when it is none, and when the flow has closed', async () => {
    const { flow } = await collecting({ blockTextBytes: 2 ** 20, flushSize: 2 });
    const names = Array.from({ length: 200 }, (_, k) => [`${'x'.repeat(100)}${k}`, t.uint8()]);
    expect(() => flow.addSchema(defineSchema('long', Object.fromEntries(names)))).toThrow('bytes as text');
    expect(() => flow.addSchema({ name: 'none' } as never)).toThrow(SchemaError);
    expect(() => addSchema({} as never, Late)).toThrow(ConfigError);
    await flow.close();
    expect(() => flow.addSchema(Late)).toThrow(FlowClosedError);
    expect(() => addSchema(flow.handle(), Late)).toThrow(FlowClosedError);
  });
});

describe('on other threads', () => {
  test('its rows are stored, in a table made for them, while the creating thread is blocked', async () => {
    const file = temporaryFile();
    const flow = await createBatchFlow({ schema: First, sink: sqlite({ file }), flushIntervalMs: 10 });
    onTestFinished(async () => void (await flow.destroy()));
    const module = new URL('../fixtures/adding-thread.mjs', import.meta.url);
    const workerData = { handle: flow.handle(), names: ['late'], count: 100 };
    const worker = new Worker(module, { workerData });
    await once(worker, 'online');
    const db = new Database(file, { readonly: true });
    onTestFinished(() => void db.close());
    const count = () => {
      try {
        return (db.prepare('SELECT count(*) AS n FROM late').get() as { n: number }).n;
      } catch {
        return 0;
      }
    };
    // No turn of this thread's event loop from here on.
    const end = performance.now() + 20_000;
    while (count() < 100 && performance.now() < end) {
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 5);
    }
    expect(count()).toBe(100);
  });

  test('several that add the same schemas at once agree on them', async () => {
    const { flow, of } = await collecting({ flushers: 2, maxSchemas: 5 });
    const names = ['a', 'b', 'c', 'd'];
    const threads = [names, [...names].reverse(), ['c', 'a', 'd', 'b']];
    const answers = await adding(flow as never, threads, 50);
    expect(answers).toEqual(threads);
    await flow.flush();
    expect(
      flow
        .settings()
        .schemas.map(({ name }) => name)
        .sort(),
    ).toEqual([...names, 'first']);
    for (const name of names) expect(of(name)).toHaveLength(150);
  });

  test('they are bounded together', async () => {
    const { flow } = await collecting({ maxSchemas: 3 });
    const answers = await adding(
      flow as never,
      [
        ['a', 'b', 'c'],
        ['d', 'e'],
      ],
      1,
    );
    const refused = answers.flat().filter((answer) => answer === 'ERR_CAPACITY');
    expect(refused).toHaveLength(3);
    expect(flow.settings().schemas).toHaveLength(3);
  });

  test('an entry whose thread died while it wrote is passed over', async () => {
    const { flow, of } = await collecting({ maxSchemas: 2 });
    const [{ lateSchemas }] = (flow.handle()['~flow'] as FlowMemory).shards;
    // 1: a thread has begun to write.
    Atomics.store(new SharedTexts(lateSchemas).states, 0, 1);
    flow.addSchema(Late).pushMany(rows(2));
    await flow.flush();
    expect(of('late')).toEqual(rows(2));
    expect(flow.settings().schemas).toEqual([First, Late]);
  });
});

test('a flusher that dies after the first batch of it is replaced by one that knows it', async () => {
  const { sink, flow } = await scriptedFlow(({ n, rows, store }) => {
    if (n === 2) process.exit(1);
    store(rows);
  });
  const exits = once(flow, 'flusherExit');
  const late = flow.addSchema(Late);
  late.pushMany(rows(8));
  await late.committed();
  late.pushMany(Array.from({ length: 8 }, (_, k) => ({ i: 8 + k, text: '' })));
  await exits;
  await late.committed();
  expect(sink.stored(16)).toEqual(Array.from({ length: 16 }, () => 1));
  await until(() => flow.stats().redelivered === 8, 'the count');
});

test('each schema has a circuit of its own, added ones included', async () => {
  const { flow } = await scriptedFlow(
    ({ batch, rows, store }) => {
      if (batch.schema.name === 'late') throw new Error('down');
      store(rows);
    },
    { circuit: { failures: 1, coolDownMs: 3_600_000 }, retry: { maxAttempts: 1, classify: () => 'retry' } },
  );
  const late = flow.addSchema(Late);
  late.pushMany(rows(8));
  await until(() => flow.circuit() === 'open', 'the circuit');
  flow.pushMany(rows(8));
  await flow.committed();
  expect(flow.stats()).toMatchObject({ committed: 8, dropped: { failed: 8 } });
});

test('rows of an added schema go to shards by their key, and one without the key is refused', async () => {
  const { flow, of } = await collecting({ sharding: { shards: 3, key: 'i' }, flushIntervalMs: 5 });
  const producer = flow.addSchema(Late as never) as Producer<typeof Late>;
  const pushed = rows(300);
  expect(producer.pushMany(pushed)).toBe(300);
  await producer.committed();
  expect(of('late').sort((a, b) => (a as { i: number }).i - (b as { i: number }).i)).toEqual(pushed);
  const keyless = defineSchema('keyless', { other: t.int32() });
  expect(() => flow.addSchema(keyless as never)).toThrow(ConfigError);
  // It has not taken the name.
  const keyed = defineSchema('keyless', { i: t.int32() });
  expect(flow.addSchema(keyed as never).push({ i: 1 } as never)).toBe(true);
});
