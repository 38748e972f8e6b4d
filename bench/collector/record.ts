/**
 * Measures what an HTTP request costs the main thread to record: a collector, prom-client, OpenTelemetry.
 */
import { metrics as otelApi } from '@opentelemetry/api';
import { MeterProvider, MetricReader } from '@opentelemetry/sdk-metrics';
import { Counter, Histogram, Registry } from 'prom-client';
import { createCollector } from '../../src/collector/index.js';
import type { Figures } from '../harness/measuring.js';
import { startCost } from '../ways/cost.js';
import { durationOf, methodOf, pathOf, statusOf } from './requests.js';

export interface RecordTask {
  readonly way: 'collector' | 'prom-client' | 'opentelemetry';
  readonly ms: number;
}

/** Events of a chunk; between chunks a collector counts what it has, unmeasured. */
const chunk = 50_000;
/** Events of a turn of the event loop. */
const turn = 500;

interface Way {
  record(i: number): void;
  /** Resolves when the next chunk may come. */
  settle(): Promise<void>;
  end(): Promise<void>;
}

class NoReader extends MetricReader {
  protected override async onForceFlush(): Promise<void> {}
  protected override async onShutdown(): Promise<void> {}
}

const ways: Record<RecordTask['way'], () => Promise<Way>> = {
  async collector() {
    const collector = await createCollector({ batchSize: 1000, bufferSize: 4 * chunk, flushIntervalMs: 100 });
    return {
      record: (i) => void collector.recordHttpRequest(methodOf(i), pathOf(i), statusOf(i), durationOf(i)),
      settle: () => collector.flush(),
      async end() {
        const { dropped, failed } = await collector.close();
        if (dropped + failed > 0) throw new Error(`${dropped} events were dropped, ${failed} failed`);
      },
    };
  },
  async 'prom-client'() {
    const registers = [new Registry()];
    const labelNames = ['method', 'path', 'status'] as const;
    const requests = new Counter({ name: 'http_requests_total', help: '-', labelNames, registers });
    const buckets = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];
    const durations = new Histogram({
      name: 'http_request_duration_seconds',
      help: '-',
      labelNames,
      registers,
      buckets,
    });
    return {
      record(i) {
        const labels = { method: methodOf(i), path: pathOf(i), status: statusOf(i) };
        requests.inc(labels);
        durations.observe(labels, durationOf(i) / 1000);
      },
      settle: async () => {},
      end: async () => {},
    };
  },
  async opentelemetry() {
    const provider = new MeterProvider({ readers: [new NoReader()] });
    otelApi.setGlobalMeterProvider(provider);
    const meter = otelApi.getMeter('bench');
    const requests = meter.createCounter('http_requests_total');
    const durations = meter.createHistogram('http_request_duration_seconds');
    return {
      record(i) {
        const labels = { method: methodOf(i), path: pathOf(i), status: statusOf(i) };
        requests.add(1, labels);
        durations.record(durationOf(i) / 1000, labels);
      },
      settle: async () => {},
      end: () => provider.shutdown(),
    };
  },
};

export async function measure({ way, ms }: RecordTask): Promise<Figures> {
  const { record, settle, end } = await ways[way]();
  let cpuNs = 0;
  let events = 0;
  // The first chunks compile the code.
  let warm = 4;
  let until = Number.POSITIVE_INFINITY;
  while (performance.now() < until) {
    const stop = startCost(false);
    for (let i = 0; i < chunk; i++) {
      record(i);
      if (i % turn === turn - 1) await new Promise(setImmediate);
    }
    const { mainCpuNs } = stop();
    if (mainCpuNs === null) throw new Error('this system says no CPU time of a thread');
    await settle();
    if (warm > 0) {
      warm--;
      if (warm === 0) until = performance.now() + ms;
      continue;
    }
    cpuNs += mainCpuNs;
    events += chunk;
  }
  await end();
  return { mainCpuNsPerEvent: cpuNs / events };
}
