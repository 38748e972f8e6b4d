/**
 * Measures the lateness of deadline flushes while the main thread is blocked most of the time.
 *
 * In each slice events come for a while, one every few milliseconds; then the thread is blocked. For each batch the
 * handler notes the time from the deadline of its first event until now, on a clock that all threads share.
 */
import { setTimeout as sleep, setImmediate as turn } from 'node:timers/promises';
import { checksumOf, epochMs, exactMs, poolSize, type RequestEvent } from '../harness/events.js';
import type { Figures } from '../harness/measuring.js';
import { percentile } from '../harness/report/statistics.js';
import { clockMs, createTallyMemory, Tally } from '../harness/tally.js';
import { pool, pushAll, truth } from '../ways/drive.js';
import { oursRows } from '../ways/flow.js';
import { inProcess } from '../ways/in-process.js';
import { assertTruth } from '../ways/measure-way.js';
import { postgresWays } from './postgres-ways.js';

export interface DeadlineTask {
  readonly way: string;
  readonly slices: number;
  /** Duration of a slice. */
  readonly sliceMs: number;
  /** Duration of the block at the end of a slice. */
  readonly blockedMs: number;
  /** Time between two events. */
  readonly everyMs: number;
  /** Deadline of a batch after its first event. */
  readonly intervalMs: number;
}

export const deadlineWays = [inProcess, oursRows];
const ways = [...deadlineWays, ...postgresWays];

/** Events of a full batch: far more than come within an interval, so that only the deadline sends a batch. */
const batch = 1000;

export async function measure(task: DeadlineTask): Promise<Figures> {
  const way = ways.find(({ name }) => name === task.way);
  if (way === undefined) throw new Error(`no way named ${task.way}`);
  const { intervalMs, slices, sliceMs, blockedMs, everyMs } = task;
  // Room for twice the expected events, since timers may be a little early.
  const most = 2 * slices * (Math.ceil((sliceMs - blockedMs) / everyMs) + 1);
  const memory = createTallyMemory(most, 'batches');
  const tally = new Tally(memory);
  const running = await way.start({ batch, intervalMs, inFlight: 8, producers: 1, memory, folder: '' });
  // A warm-up at full speed: otherwise code would be compiled during the first flushes, which are few.
  const warmUp = truth(
    0,
    await pushAll(running, 0, { ms: 500, events: Number.POSITIVE_INFINITY, multipleOf: batch }),
  );
  await running.settle();
  const origin = clockMs();
  tally.origin = origin;
  let pushed = warmUp.rows;
  let sum = warmUp.sum;
  const push = () => {
    const at = epochMs + exactMs(clockMs() - origin);
    const event = { ...(pool[pushed % poolSize] as RequestEvent), at };
    if (!running.push(event)) throw new Error('no room for a few events');
    pushed++;
    sum += checksumOf(event);
  };
  for (let slice = 0; slice < slices; slice++) {
    for (const end = performance.now() + sliceMs - blockedMs; performance.now() < end; ) {
      push();
      await sleep(everyMs);
    }
    // The last event comes right before the thread is blocked.
    push();
    await turn();
    for (const end = performance.now() + blockedMs; performance.now() < end; ) {
      // This loop blocks the event loop.
    }
  }
  await running.settle();
  await running.end();
  assertTruth(way, tally.totals, [{ rows: pushed, sum }]);
  const late = Float64Array.from(tally.delays, (delay) => delay - intervalMs).sort();
  return {
    flushes: late.length,
    lateP50Ms: percentile(late, 50),
    lateP99Ms: percentile(late, 99),
    lateMaxMs: percentile(late, 100),
  };
}
