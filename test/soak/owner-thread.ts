/**
 * The thread that owns a flow of a soak: creates it, pushes rows of its own, and ends as planned.
 */
import { setImmediate } from 'node:timers/promises';
import { parentPort, workerData } from 'node:worker_threads';
import { createBatchFlow, defineSchema, handler, t } from '../../src/index.js';
import { type OwnedPlan, rowsOfThread } from './owned-flow.js';

const { end, settings, accepted, stored, words } = workerData as OwnedPlan;
const flow = await createBatchFlow({
  schema: defineSchema('owned', { i: t.int32() }),
  sink: handler(new URL('./owned-sink.js', import.meta.url), { stored }),
  flushIntervalMs: 5,
  ...settings,
});
parentPort?.postMessage(flow.handle());
let i = 0;
while (Atomics.load(words, 0) === 0) {
  for (let n = 0; n < 20 && i < rowsOfThread && flow.push({ i }); n++) accepted[i++] = 1;
  await setImmediate();
}
// The last of them are not published yet.
while (i < rowsOfThread && i % 20 !== 7 && flow.push({ i })) accepted[i++] = 1;
if (end === 'exit') process.exit(0);
if (end === 'throw') throw new Error('a soak: the owner fails');
await flow.close();
