/**
 * The thread of a soak's producers: attaches to one flow after the other, as it is told, until it is killed.
 */
import { setTimeout } from 'node:timers/promises';
import { parentPort } from 'node:worker_threads';
import { messageOf } from '../../src/describe.js';
import {
  attachProducer,
  CapacityError,
  FlowClosedError,
  type FlowHandle,
  type Producer,
} from '../../src/index.js';
import type { Soaked } from './events.js';
import { Ledger, type LedgerMemory } from './ledger.js';
import type { PushPlan } from './plan.js';
import { produce } from './produce.js';

export interface ProduceTask {
  readonly handle: FlowHandle;
  readonly memory: LedgerMemory;
  readonly source: number;
  readonly plan: PushPlan;
  /** End the thread after so many rows, without closing the producer; 0: stay. */
  readonly visitRows: number;
}

/** What went wrong, or nothing. */
export type ProduceAnswer = { readonly error?: string };

/** How long a dead producer may keep its slot. */
const patienceMs = 10_000;

async function attach(handle: FlowHandle): Promise<Producer<typeof Soaked>> {
  for (const end = performance.now() + patienceMs; ; await setTimeout(5)) {
    try {
      return attachProducer<typeof Soaked>(handle);
    } catch (error) {
      if (!(error instanceof CapacityError) || performance.now() > end) throw error;
    }
  }
}

parentPort?.on('message', async ({ handle, memory, source, plan, visitRows }: ProduceTask) => {
  const answer: { error?: string } = {};
  try {
    const producer = await attach(handle);
    await produce(producer, new Ledger(memory), source, plan, visitRows || undefined);
    if (visitRows > 0) process.exit(0);
    producer.close();
  } catch (error) {
    if (!(error instanceof FlowClosedError)) answer.error = messageOf(error);
  }
  parentPort?.postMessage(answer satisfies ProduceAnswer);
});
