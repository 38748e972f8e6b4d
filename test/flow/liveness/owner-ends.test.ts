/**
 * The thread that created a flow ends: producers on other threads are refused, and their waits end.
 */
import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { expect, onTestFinished, test } from 'vitest';
import type { FlowMemory } from '../../../dist/src/flow/shared/flow-memory.js';
import { attachProducer, type FlowHandle, type Producer } from '../../../dist/src/index.js';
import { control, wordsOf } from '../../../dist/src/ring/layout.js';
import { Gate } from '../../fixtures/gate.js';
import { until } from '../../fixtures/until.js';

/** A flow of batches of 10 rows, on a thread of its own. */
async function ownerOf(settings: object = {}) {
  const gate = new Gate();
  const workerData = { sink: gate.sink(), settings: { flushSize: 10, bufferSize: 40, ...settings } };
  const owner = new Worker(new URL('../../fixtures/owning-thread.mjs', import.meta.url), { workerData });
  onTestFinished(async () => {
    gate.open();
    await owner.terminate();
  });
  const [handle] = (await once(owner, 'message')) as [FlowHandle];
  return { gate, owner, handle };
}

const refused = expect.objectContaining({ code: 'ERR_FLOW_CLOSED' });

/** Push until the ring is full. */
function fill(producer: Producer): void {
  while (producer.push({ i: 0 } as never));
}

test.each<[string, object]>([
  ['terminate', {}],
  ['exit', {}],
  // Each shard has sleepers of its own.
  ['terminate', { sharding: { shards: 3 }, bufferSize: 120 }],
])('waits that had begun reject: %s %o', async (how, settings) => {
  const { gate, owner, handle } = await ownerOf({ drainOnExit: false, ...settings });
  gate.shut();
  const producer = attachProducer(handle);
  fill(producer);
  const waits = Promise.allSettled([producer.committed(), producer.writable(), producer.committed()]);
  const exited = once(owner, 'exit');
  if (how === 'terminate') void owner.terminate();
  else owner.postMessage('exit');
  const reasons = (await waits).map((wait) => (wait as { reason?: unknown }).reason);
  expect(reasons).toEqual([refused, refused, refused]);
  await exited;
  expect(() => producer.push({ i: 1 } as never)).toThrow(refused);
  expect(() => attachProducer(handle)).toThrow(refused);
  await expect(producer.committed()).rejects.toEqual(refused);
  await expect(producer.writable()).rejects.toEqual(refused);
  producer.close();
});

test('a flow that was closed before its thread ended still says that all rows are committed', async () => {
  const { gate, owner, handle } = await ownerOf();
  const producer = attachProducer(handle);
  producer.push({ i: 0 } as never);
  producer.publish();
  owner.postMessage('close');
  await once(owner, 'exit');
  await producer.committed();
  expect(gate.rows).toBe(1);
  expect(() => producer.push({ i: 1 } as never)).toThrow(refused);
});

test('a thread that is blocked in a full ring is woken', async () => {
  const { gate, owner, handle } = await ownerOf({ onFull: 'block', blockTimeoutMs: 600_000 });
  gate.shut();
  const module = new URL('../../../dist/src/flow/producer/attach.js', import.meta.url).href;
  const code = `
    const { parentPort, workerData } = require('node:worker_threads');
    import(${JSON.stringify(module)}).then(({ attachProducer }) => {
      const producer = attachProducer(workerData);
      parentPort.postMessage('attached');
      try {
        for (;;) producer.push({ i: 0 });
      } catch (error) {
        parentPort.postMessage(error.code);
      }
    });`;
  const blocked = new Worker(code, { eval: true, workerData: handle });
  onTestFinished(async () => void (await blocked.terminate()));
  expect(await once(blocked, 'message')).toEqual(['attached']);
  const { ring } = (handle['~flow'] as FlowMemory).shards[0];
  await until(() => wordsOf(ring)[control.ROOM + 1] === 1, 'the thread to sleep');
  const [[code_]] = await Promise.all([once(blocked, 'message'), owner.terminate()]);
  expect(code_).toBe('ERR_FLOW_CLOSED');
});

test('a thread that attaches after the end learns of it, too', async () => {
  const { owner, handle } = await ownerOf();
  await owner.terminate();
  const { settings } = (handle['~flow'] as FlowMemory).shards[0];
  const words = new Int32Array(settings);
  await until(() => words[6] === 1, 'this thread to hear of the end');
  // As if no thread had heard of it yet.
  words[0] = 0;
  words[6] = 0;
  const producer = attachProducer(handle);
  await expect(
    (async () => {
      producer.push({ i: 0 } as never);
      await producer.committed();
    })(),
  ).rejects.toEqual(refused);
});
