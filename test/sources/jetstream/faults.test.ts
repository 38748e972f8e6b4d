/**
 * The JetStream source when servers, networks, consumers and threads fail: nothing is lost, and nothing is stuck.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { createBatchFlow, defineSchema, type FlowSettings, t } from '../../../dist/src/index.js';
import { sqlite } from '../../../dist/src/sinks/sqlite/index.js';
import type { JetStreamSourceOptions } from '../../../dist/src/sources/jetstream/index.js';
import { memorySink } from '../../../dist/src/testing/index.js';
import { Child } from '../../fixtures/child.js';
import { CutProxy } from '../../fixtures/cut-proxy.js';
import { EventStream } from '../../fixtures/event-stream.js';
import { sql } from '../../fixtures/letters.js';
import { NatsServer, noNats } from '../../fixtures/nats-server.js';
import { until } from '../../fixtures/until.js';

const Event = defineSchema('events', { n: t.int32() });
const events = (count: number, from = 0) => Array.from({ length: count }, (_, i) => ({ n: from + i }));

describe.skipIf(noNats)(`faults ${noNats ?? ''}`, () => {
  let server: NatsServer;
  beforeAll(async () => {
    server = await NatsServer.start();
  });

  const read = async (
    stream: EventStream,
    options: Partial<JetStreamSourceOptions> = {},
    settings: FlowSettings = {},
  ) => {
    const memory = memorySink();
    const errors: string[] = [];
    const flow = await createBatchFlow({
      ...{ schema: Event, sink: memory.sink, source: stream.source(options), onGivenUp: 'drop' },
      ...{ identity: 'given', flushSize: 64, bufferSize: 4096, flushIntervalMs: 5, ...settings },
    });
    flow.on('sourceError', ({ message }) => errors.push(message));
    onTestFinished(() => flow.destroy() as never);
    const distinct = () => new Set(memory.rows(Event).map(({ n }) => n)).size;
    return { flow, memory, errors, distinct };
  };
  type Reading = Awaited<ReturnType<typeof read>>;
  const untilAll = async ({ distinct }: Reading, stream: EventStream, count: number) => {
    await until(() => distinct() === count, `${count} events`);
    await until(async () => {
      const info = await stream.info();
      return info?.num_pending === 0 && info.num_ack_pending === 0;
    }, 'acknowledgements');
  };

  it.each(['SIGTERM', 'SIGKILL'] as const)('goes on when the server comes again after %s', async (signal) => {
    const own = await NatsServer.start();
    const stream = await EventStream.make(own, { storage: 'file' });
    await stream.publishPacked(Event, events(200), 10);
    const reading = await read(stream, { consumer: { name: 'worker', ackWaitMs: 60_000 } });
    reading.memory.hold();
    await until(() => reading.flow.stats().source?.received === 20, 'all messages');
    await own.stop(signal);
    // Their acknowledgements wait for the server.
    reading.memory.release();
    await until(() => reading.errors.length > 0, 'the source to notice');
    await own.run();
    await until(async () => (await stream.info()) !== undefined, 'the server');
    await stream.publishPacked(Event, events(100, 200), 10);
    await untilAll(reading, stream, 300);
    expect(reading.flow.stats().source).toMatchObject({ restarts: 0, handedBack: 0 });
    expect(reading.errors.join()).toMatch(/connect|CONNECTION|refused|closed/i);
  });

  it('goes on behind a network that was silent', async () => {
    const stream = await EventStream.make(server);
    const proxy = await CutProxy.to(server.port);
    await stream.publishPacked(Event, events(200), 10);
    const reading = await read(stream, {
      ...{ url: `nats://127.0.0.1:${proxy.port}`, ackTimeoutMs: 500, connectTimeoutMs: 500 },
    });
    await untilAll(reading, stream, 200);
    proxy.stall();
    await stream.publishPacked(Event, events(200, 200), 10);
    await until(() => reading.errors.length > 0, 'the source to notice');
    proxy.resume();
    await untilAll(reading, stream, 400);
  });

  it('makes a consumer again that was deleted, behind what was acknowledged', async () => {
    const stream = await EventStream.make(server);
    await stream.publishPacked(Event, events(200), 10);
    const reading = await read(stream, { infoIntervalMs: 20 });
    await untilAll(reading, stream, 200);
    // The source has heard of that.
    const asked = performance.now();
    await until(() => performance.now() - asked > 300, 'a look at the consumer');
    await stream.manager.consumers.delete(stream.name, 'worker');
    await stream.publishPacked(Event, events(100, 200), 10);
    await untilAll(reading, stream, 300);
    expect(reading.memory.stored).toBe(300);
    expect(reading.errors).toEqual([
      expect.stringMatching(
        /^consumer "worker" of stream ".*": it was gone, and was made again; .* message 20$/,
      ),
    ]);
  });

  it('waits for a stream that is not there, and begins anew with one that was made again', async () => {
    const stream = await EventStream.make(server);
    await stream.remove();
    const reading = await read(stream, { infoIntervalMs: 20 });
    await until(() => reading.errors.some((text) => /there is no stream/.test(text)), 'the error');
    const make = () =>
      stream.manager.streams.add({ name: stream.name, subjects: [`${stream.name}.>`] } as never);
    await make();
    await stream.publishPacked(Event, events(50), 5);
    await untilAll(reading, stream, 50);
    const asked = performance.now();
    await until(() => performance.now() - asked > 300, 'a look at the consumer');
    await stream.remove();
    await make();
    // Fewer messages than the first one had.
    await stream.publishPacked(Event, events(20, 50), 5);
    await untilAll(reading, stream, 70);
  });

  it('delivers messages of a host that was killed by another one, each event once', async () => {
    const stream = await EventStream.make(server, { storage: 'file' });
    const folder = mkdtempSync(join(tmpdir(), 'batchflow-jetstream-'));
    onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
    const file = join(folder, 'events.db');
    const stored = () => {
      try {
        return sql(file, 'SELECT count(*), count(DISTINCT n) FROM events')[0] as number[];
      } catch {
        return [0, 0];
      }
    };
    await stream.publishPacked(Event, events(20_000), 50);
    for (let kill = 1; kill <= 2; kill++) {
      const child = new Child('sources/jetstream-worker.mjs', [server.url, stream.name, file]);
      expect(await child.says()).toBe('ready');
      await until(() => (stored()[0] as number) > 5000 * kill, 'rows');
      process.kill(child.pid, 'SIGKILL');
    }
    const flow = await createBatchFlow({
      ...{ schema: Event, source: stream.source(), identity: 'given', onGivenUp: 'drop' },
      sink: sqlite({ file, identityColumn: 'id' } as never),
    });
    onTestFinished(() => flow.destroy() as never);
    await until(() => stored()[1] === 20_000, 'all rows');
    await until(async () => (await stream.acknowledged()) === 400, 'acknowledgements');
    expect(stored()).toEqual([20_000, 20_000]);
  });
});
