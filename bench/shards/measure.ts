/**
 * Measures rows a second through flushers that burn CPU, with and without shards, in a process of its own. It fails
 * unless every row is committed.
 */
import { createBatchFlow, type EventOf, type Flow, type Sharding } from '../../src/index.js';
import { Request } from '../harness/events.js';
import type { Figures } from '../harness/measuring.js';
import { startCost } from '../ways/cost.js';
import { pushAll } from '../ways/drive.js';
import { runningFlow } from '../ways/flow.js';
import { burningSink } from './burning-sink.js';

export interface ShardsTask {
  /** Settings of the flow: flushers, or shards. */
  readonly settings: { readonly flushers: number } | { readonly sharding: Sharding<EventOf<typeof Request>> };
  readonly hashes: number;
  readonly batch: number;
  /** Batches that all rings together hold. */
  readonly inFlight: number;
  readonly ms: number;
}

export async function measure({ settings, hashes, batch, inFlight, ms }: ShardsTask): Promise<Figures> {
  const flow = (await createBatchFlow({
    schema: Request,
    sink: burningSink({ hashes }),
    flushSize: batch,
    bufferSize: inFlight * batch,
    ...settings,
  })) as unknown as Flow;
  const running = runningFlow(flow);
  const push = async (from: number) => {
    const rows = await pushAll(running, from, { ms, events: Number.POSITIVE_INFINITY, multipleOf: batch });
    await running.settle();
    return rows;
  };
  const before = await push(0);
  const batches = batchesOf(flow);
  const stop = startCost(false);
  const rows = await push(before);
  const cost = stop();
  const flushed = batchesOf(flow) - batches;
  const { committed } = await flow.close();
  if (committed !== before + rows) throw new Error(`pushed ${before + rows} rows, committed ${committed}`);
  return {
    eventsPerSecond: (1000 * rows) / cost.ms,
    mainCpuNsPerEvent: cost.mainCpuNs === null ? null : cost.mainCpuNs / rows,
    totalCpuNsPerEvent: cost.totalCpuNs / rows,
    eventsPerFlush: rows / flushed,
  };
}

function batchesOf(flow: Flow): number {
  return Object.values(flow.stats().batches).reduce((sum, count) => sum + count, 0);
}
