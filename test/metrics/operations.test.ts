/**
 * BatchFlow's metrics of what is refused, of what a flush takes, and of what sinks make of batches.
 */
import { join } from 'node:path';
import { Registry } from 'prom-client';
import { expect, onTestFinished, test } from 'vitest';
import { createBatchFlow, defineSchema, handler, t } from '../../dist/src/index.js';
import {
  addReporter,
  noopReporter,
  type OperationPreview,
  prometheus,
} from '../../dist/src/metrics/index.js';
import { sqlite } from '../../dist/src/sinks/sqlite/index.js';
import { folder } from '../fixtures/command.js';
import { Event, events, type Scene, scriptedFlow } from '../fixtures/script.js';

const retry = { backoffMs: 1, maxBackoffMs: 2 };
const store = ({ rows, store: keep }: Scene) => keep(rows);

test('each event that is refused is counted once, by its reason, whatever way it came', async () => {
  const { flow } = await scriptedFlow(store, { bufferSize: 16, maxPendingWrites: 1, onFull: 'reject' });
  const rejected = () => {
    const all = Object.entries(flow.metrics().submitRejected);
    return Object.fromEntries(all.filter(([, count]) => count > 0));
  };
  const bad = (event: object) => expect(() => flow.push(event as never)).toThrow('events');
  bad({ i: 'x', text: '' });
  bad({ i: 2 ** 40, text: '' });
  bad({ i: 1 });
  bad({ i: 1, text: '', more: 1 });
  bad({ i: 1, text: 'x'.repeat(2 ** 21) });
  bad([]);
  expect(rejected()).toEqual({ type: 2, range: 1, missing: 1, unknown: 1, too_large: 1 });
  expect(() => flow.pushMany([...events(2), { i: 'x' } as never])).toThrow('events.i');
  expect(() => flow.pushMany(7 as never)).toThrow('an iterable');
  expect(() => flow.pushColumns({ i: [1] } as never, 1)).toThrow('missing');
  expect(() => flow.pushColumns({ i: [1, 'x'], text: ['', ''] } as never, 2)).toThrow('events.i');
  await expect(flow.write({ i: 'x' } as never)).rejects.toThrow('events.i');
  const before = { type: 6, range: 1, missing: 2, unknown: 1, too_large: 1 };
  expect(rejected()).toEqual(before);
  const aborted = AbortSignal.abort(new Error('no longer'));
  await expect(flow.send({ i: 1, text: '' }, { signal: aborted })).rejects.toThrow('no longer');
  await expect(flow.write({ i: 1, text: '' }, { signal: aborted })).rejects.toThrow('no longer');
  const late = flow.write({ i: 1, text: '' });
  await expect(flow.write({ i: 1, text: '' })).rejects.toThrow('maxPendingWrites');
  await late;
  expect(rejected()).toEqual({ ...before, aborted: 2, capacity: 1 });
  const producer = flow.producer();
  const closing = flow.close();
  expect(() => flow.push({ i: 1, text: '' })).toThrow('closed');
  expect(() => producer.push({ i: 1, text: '' })).toThrow('closed');
  await closing;
  expect(rejected()).toMatchObject({ closed: 2 });
});

test('calls in line for room that end by their limit, their signal or the flow are refused events', async () => {
  const { sink, flow } = await scriptedFlow(
    ({ words, rows, store: keep }) => {
      Atomics.wait(words, 8000, 0, 10_000);
      keep(rows);
    },
    { bufferSize: 16 },
  );
  expect(flow.pushMany(events(17))).toBe(16);
  const abort = new AbortController();
  const calls = [
    flow.send({ i: 1, text: '' }, { timeoutMs: 1 }),
    flow.send({ i: 1, text: '' }, { signal: abort.signal }),
    flow.write({ i: 1, text: '' }),
  ];
  const ends = Promise.allSettled(calls);
  await expect(calls[0]).rejects.toThrow('no room within 1 ms');
  abort.abort();
  const closing = flow.close();
  Atomics.store(sink.words, 8000, 1);
  Atomics.notify(sink.words, 8000);
  await closing;
  expect((await ends).map(({ status }) => status)).toEqual(['rejected', 'rejected', 'rejected']);
  expect(flow.metrics().submitRejected).toMatchObject({ full: 1, timeout: 1, aborted: 1, closed: 1 });
});

const A = defineSchema('a', { id: t.int32(), v: t.float64().optional() });
const B = defineSchema('b', { id: t.int32() });

async function sqlFlow(options: object = {}) {
  const file = join(folder(), 'x.db');
  const sink = sqlite({ file, conflict: 'ignore', conflictColumns: ['id'] });
  const flow = await createBatchFlow({
    schemas: [A, B],
    sink,
    flushIntervalMs: 3_600_000,
    retry,
    ...options,
  });
  onTestFinished(async () => void (await flow.destroy().catch(() => {})));
  return flow;
}

async function samples(registry: Registry, name: string): Promise<string[]> {
  const text = await registry.metrics();
  return text.split('\n').filter((line) => line.startsWith(`batchflow_${name}`));
}

test('an SQL sink says what it makes of batches; perSchema tells schemas apart', async () => {
  const flow = await sqlFlow({ name: 'f' });
  const [all, apart] = [new Registry(), new Registry()];
  prometheus(flow, { registry: all });
  prometheus(flow, { registry: apart, perSchema: true });
  const a = flow.producer(A);
  const b = flow.producer(B);
  for (let id = 0; id < 6; id++) a.push({ id: id >> 1, v: id });
  for (let id = 0; id < 4; id++) b.push({ id });
  await flow.flush();
  expect(await samples(all, 'sql_generated_rows_sum')).toEqual([
    'batchflow_sql_generated_rows_sum{flow="f",kind="input"} 10',
    'batchflow_sql_generated_rows_sum{flow="f",kind="output"} 10',
  ]);
  expect(await samples(all, 'operation_generated_args_')).toContain(
    'batchflow_operation_generated_args_sum{flow="f",backend="sql",operation="upsert"} 16',
  );
  expect(await samples(all, 'operation_generated_items_count')).toContain(
    'batchflow_operation_generated_items_count{flow="f",backend="sql",operation="upsert",kind="input"} 2',
  );
  expect(await samples(all, 'schema_groups_per_flush_sum')).toEqual([
    'batchflow_schema_groups_per_flush_sum{flow="f"} 2',
  ]);
  expect(await samples(all, 'pipeline_flush_size_sum')).toEqual([
    'batchflow_pipeline_flush_size_sum{flow="f"} 10',
  ]);
  expect(await samples(apart, 'sql_generated_args_sum')).toEqual([
    'batchflow_sql_generated_args_sum{flow="f",schema="a"} 12',
    'batchflow_sql_generated_args_sum{flow="f",schema="b"} 4',
  ]);
  expect(await samples(apart, 'batch_size_sum')).toEqual([
    'batchflow_batch_size_sum{flow="f",schema="a"} 6',
    'batchflow_batch_size_sum{flow="f",schema="b"} 4',
  ]);
  expect(() => prometheus(flow, { registry: new Registry(), perSchema: true, perWorker: true })).toThrow(
    'perSchema',
  );
  await flow.close();
});

test('duplicates are in the size of a flush, and not in that of its batch', async () => {
  const { flow } = await scriptedFlow(store, { dedupe: { by: 'text' } });
  flow.pushMany(events(6).map(({ i }) => ({ i, text: i < 4 ? 'same' : `${i}` })));
  await flow.flush();
  const { batchSize, flushSize } = flow.metrics().total;
  expect([batchSize.sum, flushSize.sum, flushSize.count]).toEqual([3, 6, 1]);
});

test('errors are told by the stage at which they came: before anything was sent, or by the target', async () => {
  const { flow } = await scriptedFlow(
    ({ n, rows, store: keep }) => {
      if (n === 1) throw Object.assign(new Error('down'), { code: 'ECONNREFUSED' });
      if (n === 2)
        throw Object.assign(new Error('no such value'), {
          stage: 'generate',
          verdict: 'retry',
          reason: 'value',
        });
      keep(rows);
    },
    { retry },
  );
  const registry = new Registry();
  prometheus(flow, { registry });
  flow.pushMany(events(8));
  await flow.committed();
  expect((await samples(registry, 'operation_errors_total')).sort()).toEqual([
    'batchflow_operation_errors_total{flow="events",backend="custom",stage="execute",reason="connection"} 1',
    'batchflow_operation_errors_total{flow="events",backend="custom",stage="execute",reason="unknown"} 0',
    'batchflow_operation_errors_total{flow="events",backend="custom",stage="generate",reason="value"} 1',
  ]);
  expect(await samples(registry, 'sql_errors_total')).toEqual([]);
  expect(await samples(registry, 'operation_generated_items_sum')).toContain(
    'batchflow_operation_generated_items_sum{flow="events",backend="custom",operation="custom",kind="input"} 24',
  );
  expect(flow.metrics().total.errorsByReason.retry).toMatchObject({ connection: 1, value: 1 });
});

test('reporters of operations and of SQL are found by their methods, and told what there was', async () => {
  const flow = await sqlFlow();
  const generated: OperationPreview[] = [];
  const calls: unknown[][] = [];
  const rejected: unknown[][] = [];
  const stop = addReporter(flow, {
    observeOperationGenerated: (preview) => void generated.push(preview),
    observeSQLGenerated: (...values) => void calls.push(['generated', ...values]),
    incSubmitRejected: (...values) => void rejected.push(values),
    observePipelineFlushSize: (rows) => void calls.push(['flush', rows]),
    observeSchemaGroupsPerFlush: (groups) => void calls.push(['groups', groups]),
  });
  const a = flow.producer(A);
  for (let id = 0; id < 3; id++) a.push({ id });
  expect(() => a.push({ id: 'x' } as never)).toThrow();
  await flow.flush();
  await flow.close();
  stop();
  expect(generated).toEqual([
    { backend: 'sql', operation: 'upsert', schema: 'a', inputItems: 3, outputItems: 3, argCount: 6 },
  ]);
  expect(calls.sort()).toEqual([
    ['flush', 3],
    ['generated', 'a', 3, 3, 6],
    ['groups', 1],
  ]);
  expect(rejected).toEqual([['type', 1]]);
  expect(Object.keys(noopReporter)).toContain('observeSQLDeduplicated');
});

test('errors of SQL reach the methods for SQL, with the schema in the place of a table', async () => {
  const file = join(folder(), 'x.db');
  const sink = sqlite({ file, conflict: 'error', conflictColumns: ['id'] });
  const flow = await createBatchFlow({ schema: B, sink, deadLetters: false, retry });
  flow.on('flushError', () => {});
  const calls: unknown[][] = [];
  addReporter(flow, {
    incSQLError: (...values) => void calls.push(['sql', ...values]),
    incOperationError: (...values) => void calls.push(['operation', ...values]),
  });
  flow.push({ id: 1 });
  await flow.flush();
  flow.push({ id: 1 });
  await flow.flush();
  await flow.close();
  expect(calls).toEqual([
    ['operation', 'b', 'sql', 'execute', 'duplicate_key'],
    ['sql', 'b', 'execute', 'duplicate_key'],
  ]);
});

test('a sink of your own names its target and says what it sends; numbers that are none change nothing', async () => {
  const module = new URL('../fixtures/sinks/saying-sink.mjs', import.meta.url);
  const sink = { ...handler(module), target: { backend: 'mine', operation: 'upload' } };
  await using flow = await createBatchFlow({ schema: Event, sink, flushSize: 8 });
  flow.pushMany(events(16));
  await flow.committed();
  const { target, total } = flow.metrics();
  expect(target).toEqual({ backend: 'mine', operation: 'upload' });
  const { operationInput, operationOutput, operationArgs, deduplicated } = total;
  expect([operationInput, operationOutput, operationArgs].map(({ sum }) => sum)).toEqual([16, 2, 32]);
  expect(deduplicated).toEqual({ error: 0, ignore: 0, replace: 0, update: 14 });
});
