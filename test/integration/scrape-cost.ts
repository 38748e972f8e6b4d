/**
 * What a scrape costs the thread that made the flows: two flows of four flushers each, in one registry. While one's are
 * at work, and while all four are stuck in a sink that blocks them.
 */
import { join } from 'node:path';
import { Registry } from 'prom-client';
import { createBatchFlow } from '../../dist/src/index.js';
import { prometheus } from '../../dist/src/metrics/index.js';
import { sqlite } from '../../dist/src/sinks/sqlite/index.js';
import { until } from '../fixtures/until.js';
import { expose } from './exposition-server.js';
import { type Schedule, ScheduledSink } from './scheduled-sink.js';
import { Event, Source } from './source.js';

const flushers = 4;
const scrapes = 200;

export interface ScrapeCost {
  /** Medians of many scrapes. */
  readonly busyMs: number;
  readonly stuckMs: number;
  /** A scrape over HTTP while flushers were stuck: how many were before it and after it, and what it said. */
  readonly stuck: { readonly before: number; readonly after: number; readonly text: string };
}

/** @param folder for its files. */
export async function measureScrapes(folder: string): Promise<ScrapeCost> {
  const registry = new Registry();
  const flowOf = async (name: string, schedule: Schedule) => {
    const sink = new ScheduledSink(schedule, sqlite({ file: join(folder, `${name}.db`) }));
    const flow = await createBatchFlow({ name, schema: Event, sink: sink.ref, flushSize: 100, flushers });
    prometheus(flow, { registry });
    return { sink, flow };
  };
  const working = await flowOf('working', ({ store }) => store());
  const stuck = await flowOf('stuck', async ({ stick, store }) => {
    stick(60_000);
    await store();
  });
  const server = await expose(registry);
  try {
    const source = new Source(working.flow);
    const median = async () => {
      const times: number[] = [];
      while (times.length < scrapes) {
        source.push(50);
        const began = performance.now();
        await registry.metrics();
        times.push(performance.now() - began);
        await new Promise(setImmediate);
      }
      return times.sort((a, b) => a - b)[scrapes / 2] as number;
    };
    const busyMs = await median();
    new Source(stuck.flow).push(flushers * 100);
    await until(() => stuck.sink.inside === flushers, 'flushers that are stuck');
    const before = stuck.sink.inside;
    const text = await (await fetch(`http://${server.target}/metrics`)).text();
    const after = stuck.sink.inside;
    const stuckMs = await median();
    return { busyMs, stuckMs, stuck: { before, after, text } };
  } finally {
    stuck.sink.release();
    await server.close();
    await Promise.all([working.flow.close(), stuck.flow.close()]);
  }
}
