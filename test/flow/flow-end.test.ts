/**
 * How a flow ended: `ended`, and what `close()` says of an abort.
 */
import { once } from 'node:events';
import { expect, onTestFinished, test } from 'vitest';
import { createBatchFlow, defineSchema, handler, t } from '../../dist/src/index.js';
import { Gate } from '../fixtures/gate.js';
import { until } from '../fixtures/until.js';

const Event = defineSchema('events', { i: t.int32() });
const rows = (count: number) => Array.from({ length: count }, (_, i) => ({ i }));

/** A flow into a gate; it ends with the test. */
async function gated(settings: object = {}) {
  const gate = new Gate();
  const flow = await createBatchFlow({ schema: Event, sink: gate.sink(), flushSize: 10, ...settings });
  onTestFinished(async () => {
    gate.open();
    await flow.destroy().catch(() => {});
  });
  return { flow, gate };
}

test('a flow that was closed has been drained, and says so to all that wait', async () => {
  const { flow } = await gated();
  flow.pushMany(rows(25));
  const { ended } = flow;
  let announced = false;
  flow.on('close', () => {
    announced = true;
  });
  const report = await flow.close();
  expect(report).toEqual({ committed: 25, deadLettered: 0, failed: 0, undelivered: 0 });
  expect(announced).toBe(true);
  expect(await ended).toEqual({ how: 'drained', report });
  expect(await flow.ended).toBe(await ended);
});

test.each(['destroy', 'a limit'])('a flow that %s stops was aborted', async (way) => {
  const { flow, gate } = await gated({ flushMode: 'sync' });
  gate.shut();
  flow.pushMany(rows(25));
  await until(() => gate.inside === 1, 'a flush');
  const report = await (way === 'destroy' ? flow.destroy() : flow.close({ timeoutMs: 5 }));
  expect(report).toEqual({ committed: 0, deadLettered: 0, failed: 0, undelivered: 25 });
  expect(await flow.ended).toEqual({ how: 'aborted', report });
});

test.each(['destroy', 'an aborted signal', 'a limit'])(
  'a flow that %s stops when all its rows have ended was drained',
  async (way) => {
    const abort = new AbortController();
    const { flow } = await gated({ signal: abort.signal, drainOnAbort: false });
    flow.pushMany(rows(5));
    await flow.committed();
    if (way === 'destroy') await flow.destroy();
    else if (way === 'a limit') await flow.close({ timeoutMs: 0 });
    else abort.abort('enough');
    expect(await flow.ended).toMatchObject({ how: 'drained', report: { committed: 5, undelivered: 0 } });
  },
);

test.each([
  { drainOnAbort: true, how: 'drained', counts: [5, 0] },
  { drainOnAbort: false, how: 'aborted', counts: [0, 5] },
])(
  'an abort of its signal ends a flow, $how, and close() says why',
  async ({ drainOnAbort, how, counts }) => {
    const abort = new AbortController();
    const { flow } = await gated({ signal: abort.signal, drainOnAbort, flushIntervalMs: 60_000 });
    flow.pushMany(rows(5));
    const reason = new Error('shutting down');
    abort.abort(reason);
    const { report } = await flow.ended;
    expect([report.committed, report.undelivered]).toEqual(counts);
    expect(report.abortReason).toBe(reason);
    expect(await flow.ended).toEqual({ how, report });
    expect(await flow.close()).toBe(report);
  },
);

test('an abort in the middle of close() is told, and one after the end is not', async () => {
  const early = new AbortController();
  const { flow, gate } = await gated({ signal: early.signal, drainOnAbort: false, flushMode: 'sync' });
  gate.shut();
  flow.pushMany(rows(15));
  await until(() => gate.inside === 1, 'a flush');
  const closing = flow.close();
  early.abort('enough');
  expect(await closing).toMatchObject({ undelivered: 15, abortReason: 'enough' });
  expect(await flow.ended).toMatchObject({ how: 'aborted' });

  const late = new AbortController();
  const { flow: other } = await gated({ signal: late.signal });
  await other.close();
  late.abort('too late');
  expect(await other.close()).not.toHaveProperty('abortReason');
});

test('a flow whose sink does not close has failed, with the error and the counts', async () => {
  const words = new Int32Array(new SharedArrayBuffer(64));
  const sink = handler(new URL('../fixtures/sinks/failing-close.mjs', import.meta.url), { words });
  const flow = await createBatchFlow({ schema: Event, sink });
  flow.pushMany(rows(3));
  const closed = once(flow, 'close');
  const error = await flow.close().catch((error: unknown) => error);
  await closed;
  expect(error).toMatchObject({ code: 'ERR_SINK' });
  expect(await flow.ended).toEqual({
    how: 'failed',
    error,
    report: { committed: 3, deadLettered: 0, failed: 0, undelivered: 0 },
  });
});
