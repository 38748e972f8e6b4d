/**
 * Measures the memory of a process that records a million events while every backend is down.
 */
import { createCollector, influxMetrics, otlp, pushgateway, remoteWrite } from '../../src/collector/index.js';
import { http } from '../../src/sinks/http/index.js';
import { freePort } from '../harness/free-port.js';
import type { Figures } from '../harness/measuring.js';
import { durationOf, methodOf, pathOf, statusOf } from './requests.js';

export interface OutageTask {
  readonly events: number;
}

const memoryMb = () => process.memoryUsage.rss() / 1e6;

export async function measure({ events }: OutageTask): Promise<Figures> {
  const url = `http://127.0.0.1:${await freePort()}`;
  const collector = await createCollector({
    backends: [
      pushgateway({ url, job: 'j' }),
      remoteWrite({ url }),
      influxMetrics({ url, database: 'd' }),
      otlp({ url }),
    ],
    exportIntervalMs: 100,
    events: [{ sink: http({ url }), bufferSize: 10_000, deadLetters: false }],
  });
  const record = async (count: number) => {
    for (let i = 0; i < count; i++) {
      collector.recordHttpRequest(methodOf(i), pathOf(i), statusOf(i), durationOf(i));
      if (i % 5000 === 4999) await collector.flush();
    }
  };
  await record(events / 10);
  const memoryBeforeMb = memoryMb();
  await record(events);
  const peakMemoryMb = memoryMb();
  const stats = collector.getStats();
  if (stats.processed !== 1.1 * events) throw new Error(`${stats.processed} events were counted: ${stats}`);
  await collector.close({ timeoutMs: 1000 });
  return { memoryBeforeMb, peakMemoryMb };
}
