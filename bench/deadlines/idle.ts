/**
 * One measurement of what a flow costs that has nothing to do: processor time of the whole process while it is open.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { createBatchFlow } from '../../src/index.js';
import { countingSink } from '../harness/counting-sink.js';
import { Request, requests } from '../harness/events.js';
import type { Figures } from '../harness/measuring.js';
import { createTallyMemory } from '../harness/tally.js';

export interface IdleTask {
  /** None: the process alone, for comparison. */
  readonly flushers: number;
  readonly ms: number;
}

export async function measure({ flushers, ms }: IdleTask): Promise<Figures> {
  const sink = countingSink({ read: 'rows', waitMs: 0, memory: createTallyMemory() });
  const flow = flushers > 0 ? await createBatchFlow({ schema: Request, sink, flushers }) : undefined;
  // It has worked, and has come to rest: threads have loaded what they need.
  flow?.pushMany(requests(10_000));
  await flow?.flush();
  await sleep(2000);
  const began = performance.now();
  const cpu = process.cpuUsage();
  await sleep(ms);
  const { user, system } = process.cpuUsage(cpu);
  const idleCpu = (user + system) / 1000 / (performance.now() - began);
  await flow?.close();
  return { idleCpu };
}
