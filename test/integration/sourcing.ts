/**
 * Flows with sources, as the real Prometheus sees them: one that takes messages of a real stream, good, double, bad and
 * unknown ones, faster than its sink stores them; and one whose source fails at first.
 */
import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { jetstream as jetStreamClient } from '@nats-io/jetstream';
import { Registry } from 'prom-client';
import { createBatchFlow } from '../../dist/src/index.js';
import { prometheus } from '../../dist/src/metrics/index.js';
import { pack } from '../../dist/src/packed/pack.js';
import { batchOf } from '../../dist/src/schema/batch-of.js';
import { sqlite } from '../../dist/src/sinks/sqlite/index.js';
import { jetstream } from '../../dist/src/sources/jetstream/index.js';
import type { NatsServer } from '../fixtures/nats-server.js';
import { ScriptedSource, storeAll } from '../fixtures/scripted-source.js';
import { until } from '../fixtures/until.js';
import { expose } from './exposition-server.js';
import { PrometheusServer } from './prometheus-server.js';
import { interval } from './run.js';
import { ScheduledSink } from './scheduled-sink.js';
import { Event } from './source.js';

/** So often it is scraped. */
const leastScrapes = 16;
const stream = 'EVENTS';
const rowsPerMessage = 20;

export interface Sourcing {
  readonly server: PrometheusServer;
  /** What the flows showed at the end. */
  readonly shown: string;
  readonly from: number;
  readonly to: number;
}

/** Prometheus is still there when it resolves: the caller stops it. */
export async function sourcing(nats: NatsServer): Promise<Sourcing> {
  const folder = mkdtempSync(join(tmpdir(), 'batchflow-sourcing-'));
  const registry = new Registry();
  const exposition = await expose(registry);
  let prometheusServer: PrometheusServer | undefined;
  const flows = [await worker(nats, join(folder, 'events.db')), await failing(join(folder, 'failing.db'))];
  for (const flow of flows) prometheus(flow, { registry });
  try {
    const server = await PrometheusServer.start({ batchflow: [exposition.target] }, `${1000 * interval}ms`);
    prometheusServer = server;
    const from = Date.now();
    const publish = await publisher(nats);
    await until(
      async () => {
        await publish();
        await setTimeout(100);
        const [scrapes] = await server.instant('sum_over_time(up{job="batchflow"}[5m])');
        return (scrapes?.value ?? 0) >= leastScrapes;
      },
      `${leastScrapes} scrapes`,
      60_000,
    );
    return { server, shown: await registry.metrics(), from, to: Date.now() };
  } catch (error) {
    await prometheusServer?.stop();
    throw error;
  } finally {
    for (const flow of flows) await flow.destroy();
    await exposition.close();
    rmSync(folder, { recursive: true, force: true });
  }
}

/** A flow from the stream into a table, slowly. */
async function worker(nats: NatsServer, file: string) {
  const manager = await nats.manager();
  await manager.streams.add({ name: stream, subjects: ['events.>'] });
  const sink = new ScheduledSink(
    async ({ pause, store }) => {
      await pause(100);
      return await store();
    },
    sqlite({ file, identityColumn: 'event_id' }),
  );
  return createBatchFlow({
    ...{ name: 'worker', schema: Event, sink: sink.ref, identity: 'given' as const },
    // Less than what comes, so that messages wait in the stream.
    ...{ flushSize: 2 * rowsPerMessage, bufferSize: 4 * rowsPerMessage, flushIntervalMs: 50 },
    source: jetstream({
      ...{ url: nats.url, stream, consumer: { name: 'table', maxAckPending: 12 } },
      ...{ infoIntervalMs: 100, unknownDelayMs: 50, maxUnknownDelayMs: 400 },
    }),
  });
}

/** A flow whose source fails again and again, and runs meanwhile. */
async function failing(file: string) {
  const source = new ScriptedSource(async () => {
    await new Promise((resolve) => globalThis.setTimeout(resolve, 300));
    throw new Error('the broker has gone');
  }, storeAll);
  const flow = await createBatchFlow({
    ...{ name: 'failing', schema: Event, sink: sqlite({ file }), source: source.ref() },
  });
  // It says so each time.
  flow.on('sourceError', () => {});
  return flow;
}

/** @returns publishes some messages of each kind. */
async function publisher(nats: NatsServer): Promise<() => Promise<void>> {
  const client = jetStreamClient(await nats.connect());
  let id = 0;
  return async () => {
    for (let i = 0; i < 8; i++) {
      const events = Array.from({ length: rowsPerMessage }, () => {
        return { id: id++, at: Date.now(), path: '/', text: 'event' };
      });
      const message = pack(batchOf(Event, events, randomBytes(25 * rowsPerMessage)));
      await client.publish('events.events.0', message);
      // As a publisher does that got no answer.
      if (i === 0) await client.publish('events.events.0', message);
    }
    await client.publish('events.events.0', 'no packed message, and no JSON');
    await client.publish('events.unknown.0', '{"id":1}');
  };
}
