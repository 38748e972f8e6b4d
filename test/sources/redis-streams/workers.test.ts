/**
 * Several workers of one group: what one of them leaves behind when it dies, closes or is slow.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { createBatchFlow } from '../../../dist/src/index.js';
import { sqlite } from '../../../dist/src/sinks/sqlite/index.js';
import { Child } from '../../fixtures/child.js';
import { sql } from '../../fixtures/letters.js';
import { noRedis, RedisServer } from '../../fixtures/redis-server.js';
import { Numbered, numbersTo, RedisStream } from '../../fixtures/redis-stream.js';
import { until } from '../../fixtures/until.js';

describe.skipIf(noRedis)(`workers of a group ${noRedis ?? ''}`, () => {
  let server: RedisServer;
  beforeAll(async () => {
    server = await RedisServer.start();
  });

  it('a process is killed: another one takes over, and each event is once in the table', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'batchflow-streams-'));
    onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
    const file = join(folder, 'events.db');
    const stream = new RedisStream(server);
    const count = 8000;
    await stream.addNumbers(count);
    const args = [server.url, stream.key, file, 300];
    const first = new Child('redis-streams-worker.mjs', args);
    await first.says();
    const rows = () => Number(sql(file, 'SELECT count(*) FROM numbered')[0]?.[0] ?? 0);
    await until(() => rows() > 100, 'some rows');
    process.kill(first.pid, 'SIGKILL');
    await first.says().catch(() => {});
    const stored = rows();
    const left = await stream.pending();
    expect(stored).toBeLessThan(count);
    expect(left).toBeGreaterThan(0);

    const flow = await createBatchFlow({
      schema: Numbered,
      sink: sqlite({ file, createTable: true, identityColumn: 'id' }),
      source: stream.source({ claimAfterMs: 300, identityField: '_id' }),
      identity: 'given',
      flushIntervalMs: 5,
    });
    onTestFinished(async () => void (await flow.destroy()));
    const isDone = async () => rows() === count && (await stream.pending()) === 0;
    await until(isDone, 'all rows');
    expect(sql(file, 'SELECT count(DISTINCT n), min(n), max(n) FROM numbered')).toEqual([
      [count, 0, count - 1],
    ]);
    // Some of what the dead one had stored came again.
    expect(flow.stats().committed + stored).toBeGreaterThanOrEqual(count);
    // Its name does not stay in the group.
    await until(async () => (await stream.consumers()).length === 1, 'one consumer');
    await flow.close();
    expect(await stream.consumers()).toEqual([]);
  });

  it('a slow target: nothing is delivered twice, not even what waits for room', async () => {
    const stream = new RedisStream(server);
    // Texts fill the ring before its rows do: what was fetched waits for room.
    await stream.addNumbers(100, 0, 'x'.repeat(50_000));
    const options = { claimAfterMs: 3000 };
    const slow = await stream.read(options, { bufferSize: 100 }, (memory) => memory.hold());
    await until(() => slow.memory.waiting > 0, 'a batch');
    const fetched = await stream.pending();
    expect(slow.flow.stats().accepted).toBeLessThan(fetched);
    const other = await stream.read(options);
    await stream.addNumbers(1, 100);
    await until(() => other.memory.stored === 101 - fetched, 'rows of the other worker');
    await stream.untilRenewed();
    expect(await stream.pending()).toBe(fetched);
    slow.memory.release();
    await until(() => slow.memory.stored + other.memory.stored === 101, 'all rows');
    await until(async () => (await stream.pending()) === 0, 'all acknowledgements');
    expect([...slow.numbers(), ...other.numbers()].sort((a, b) => a - b)).toEqual(numbersTo(101));
    expect(other.metric('claimed_total') ?? 0).toBe(0);
  });

  it('what a worker hands back comes to another one at once, and its name goes when it has nothing', async () => {
    const stream = new RedisStream(server);
    await stream.addNumbers(100);
    const first = await stream.read({}, {}, (memory) => memory.hold());
    await until(async () => (await stream.pending()) === 100, 'all entries');
    await first.flow.destroy();
    expect(await stream.pending()).toBe(100);
    const second = await stream.read();
    await until(() => second.memory.stored === 100, 'all rows');
    await until(() => second.metric('claimed_total') === 100, 'the metric', 30_000);
    await second.flow.close();
    expect(second.numbers()).toEqual(numbersTo(100));
    // The first one had entries when it went.
    const [left, ...others] = await stream.consumers();
    expect([left?.pending, others]).toEqual([0, []]);
  });

  it('entries that come while it waits are delivered at once, and close() ends the wait', async () => {
    const stream = new RedisStream(server);
    const reading = await stream.read();
    await stream.untilWaiting();
    await stream.addNumbers(1);
    await until(() => reading.memory.stored === 1, 'the row');
    await stream.untilWaiting();
    const before = await stream.unblocked();
    await reading.flow.close();
    expect(await stream.unblocked()).toBeGreaterThan(before);
    expect(await stream.consumers()).toEqual([]);
    expect(reading.errors).toEqual([]);
  });

  it('a consumer of a name goes on with what it had', async () => {
    const stream = new RedisStream(server);
    await stream.addNumbers(10);
    await server.raw('XGROUP', 'CREATE', stream.key, 'batchflow', '0');
    await server.raw('XREADGROUP', 'GROUP', 'batchflow', 'pod-1', 'COUNT', '7', 'STREAMS', stream.key, '>');
    const reading = await stream.read({ consumer: 'pod-1' });
    await until(() => reading.memory.stored === 10, 'all rows', 5000);
    await reading.flow.close();
    expect(reading.numbers()).toEqual(numbersTo(10));
    expect(reading.metric('repeated_total')).toBe(7);
  });

  it("'$' begins with what is added later, an id behind it, and entries can be deleted", async () => {
    const stream = new RedisStream(server);
    await stream.addNumbers(5);
    const third = (await server.command('XRANGE', stream.key, '-', '+', 'COUNT', '3')) as [string][];
    const latest = await stream.read({ from: '$', group: 'latest' });
    const behind = await stream.read({
      from: third[2]?.[0] as string,
      group: 'behind',
      deleteAfterAck: true,
    });
    await until(() => behind.memory.stored === 2, 'two rows');
    await until(async () => (await server.command('XLEN', stream.key)) === 3, 'two deleted');
    await stream.addNumbers(1, 5);
    await until(() => latest.memory.stored === 1 && behind.memory.stored === 3, 'the last');
    expect(latest.numbers()).toEqual([5]);
    expect(behind.numbers()).toEqual([3, 4, 5]);
  });
});
