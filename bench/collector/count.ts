/**
 * Measures how many events a second one flusher counts, and what one costs it.
 */
import { createCollector } from '../../src/collector/index.js';
import type { Figures } from '../harness/measuring.js';
import { startCost } from '../ways/cost.js';
import { durationOf, methodOf, pathOf, statusOf } from './requests.js';

export interface CountTask {
  readonly batchSize: number;
  readonly ms: number;
}

const chunk = 100_000;

export async function measure({ batchSize, ms }: CountTask): Promise<Figures> {
  const collector = await createCollector({
    batchSize,
    // As many batches as by default.
    bufferSize: 100 * batchSize,
    flushIntervalMs: 1000,
    // The recording thread waits for the flusher.
    onFull: 'block',
    blockTimeoutMs: 60_000,
  });
  const record = () => {
    for (let i = 0; i < chunk; i++)
      collector.recordHttpRequest(methodOf(i), pathOf(i), statusOf(i), durationOf(i));
  };
  for (let n = 0; n < 10; n++) record();
  await collector.flush();
  const { processed: before } = collector.getStats();
  const stop = startCost(false);
  const until = performance.now() + ms;
  while (performance.now() < until) record();
  await collector.flush();
  const { ms: took, mainCpuNs, totalCpuNs } = stop();
  const { processed, dropped, failed } = await collector.close();
  if (dropped + failed > 0) throw new Error(`${dropped} events were dropped, ${failed} failed`);
  const events = processed - before;
  return {
    eventsPerSecond: (events / took) * 1000,
    flusherCpuNsPerEvent: mainCpuNs === null ? null : (totalCpuNs - mainCpuNs) / events,
  };
}
