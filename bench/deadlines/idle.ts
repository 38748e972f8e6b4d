/**
 * Measures the cost of an idle flow: the CPU time of the whole process while the flow is open.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { createBatchFlow } from '../../src/index.js';
import { countingSink } from '../harness/counting-sink.js';
import { Request, requests } from '../harness/events.js';
import type { Figures } from '../harness/measuring.js';
import { createTallyMemory } from '../harness/tally.js';

export interface IdleTask {
  /** Number of flushers; 0 measures the process alone, for comparison. */
  readonly flushers: number;
  readonly ms: number;
}

export async function measure({ flushers, ms }: IdleTask): Promise<Figures> {
  const sink = countingSink({ read: 'rows', waitMs: 0, memory: createTallyMemory() });
  const flow = flushers > 0 ? await createBatchFlow({ schema: Request, sink, flushers }) : undefined;
  // The flow has worked and come to rest before, so that its threads have loaded all their code.
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
