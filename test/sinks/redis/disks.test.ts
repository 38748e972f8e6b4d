/**
 * A Redis whose disk is full or read-only: rows wait until it stores again, and none is lost.
 */
import { describe, expect, it, onTestFinished } from 'vitest';
import { defineSchema, t } from '../../../dist/src/index.js';
import { redis } from '../../../dist/src/sinks/redis/index.js';
import { directSink } from '../../fixtures/direct-sink.js';
import { errorOf } from '../../fixtures/error-of.js';
import { NumberedFlow } from '../../fixtures/numbered-flow.js';
import { noRedis, RedisServer } from '../../fixtures/redis-server.js';
import { noDisk, SmallDisk } from '../../fixtures/small-disk.js';
import { until } from '../../fixtures/until.js';

const Events = defineSchema('events', { id: t.int32(), text: t.string() });
/** So long that a batch is more than the blocks that a file has. */
const event = (id: number) => ({ id, text: `event ${id} `.repeat(20) });
const events = (from: number, count: number) => Array.from({ length: count }, (_, i) => event(from + i));
const why = noRedis ?? noDisk;

describe.skipIf(why)(`a disk of Redis ${why ?? ''}`, () => {
  let disk: SmallDisk;
  const start = async (...settings: string[]) => {
    disk = new SmallDisk(32);
    const { folder } = disk;
    disk.mount();
    onTestFinished(() => disk.remove());
    const server = await RedisServer.start([...settings, '--dir', folder]);
    // The disk is removed after it.
    onTestFinished(() => server.stop('SIGKILL'));
    return server;
  };
  const sinkInto = ({ url }: RedisServer) => redis({ url, hash: 'e:{id}' });
  const count = async (server: RedisServer) => Number(await server.command('DBSIZE'));

  /** Wait for the failure that a full or broken disk makes of writes. */
  async function failureOf(server: RedisServer): Promise<unknown> {
    const sink = await directSink(sinkInto(server), Events);
    let failure: unknown;
    await until(async () => {
      const result = await sink.write(events(0, 100)).catch((error: unknown) => ({ error }));
      failure = result !== undefined && ('error' in result ? result.error : result.failed[0]?.error);
      return Boolean(failure);
    }, 'a write to fail');
    expect(sink.classify(failure)).toMatchObject({ verdict: 'retry', reason: 'io' });
    return failure;
  }

  it('that is full, with snapshots: writes wait for one that succeeds', async () => {
    const server = await start();
    await server.raw('CONFIG', 'SET', 'save', '3600 1');
    const flow = await NumberedFlow.into(sinkInto(server), Events, event);
    await flow.push(1000);
    const snapshot = async (expected: string) => {
      await server.raw('BGSAVE');
      const said = () => server.command('INFO', 'persistence') as Promise<string>;
      await until(async () => (await said()).includes('rdb_bgsave_in_progress:0'), 'the snapshot');
      expect(await said()).toContain(`rdb_last_bgsave_status:${expected}`);
    };
    disk.fill();
    await snapshot('err');
    expect(String(await failureOf(server))).toContain('MISCONF');
    await flow.push(1000);
    await until(() => flow.stats.retries > 2, 'retries');
    disk.empty();
    await snapshot('ok');
    await flow.push(1000);
    expect(await flow.close()).toEqual(flow.allCommitted);
    expect(await count(server)).toBe(3000);
  });

  it('that is full, with a log: writes wait until it can be written', async () => {
    const server = await start('--appendonly', 'yes', '--appendfsync', 'everysec');
    const flow = await NumberedFlow.into(sinkInto(server), Events, event);
    await flow.push(1000);
    disk.fill();
    expect(String(await failureOf(server))).toContain('No space left on device');
    await flow.push(1000);
    await until(() => flow.stats.retries > 2, 'retries');
    disk.empty();
    await flow.push(1000);
    expect(await flow.close()).toEqual(flow.allCommitted);
    // What was committed is in the log.
    await server.stop();
    await server.run();
    expect(await count(server)).toBe(3000);
  });

  it('that is full, with a log of every command: the server ends, and rows wait for it', async () => {
    const server = await start('--appendonly', 'yes', '--appendfsync', 'always');
    const flow = await NumberedFlow.into(sinkInto(server), Events, event);
    await flow.push(1000);
    disk.fill();
    await flow.push(1000);
    const sink = await directSink(sinkInto(server), Events);
    let error: unknown;
    await until(async () => {
      error = await errorOf(sink.write(events(0, 100)));
      return String(error).includes('ECONNREFUSED');
    }, 'the server to end');
    expect(sink.classify(error)).toMatchObject({ verdict: 'retry', reason: 'connection' });
    await server.stop();
    disk.empty();
    await server.run();
    await flow.push(1000);
    expect(await flow.close()).toEqual(flow.allCommitted);
    expect(await count(server)).toBe(3000);
  });

  it('that becomes read-only: writes fail until it is repaired', async () => {
    const server = await start('--appendonly', 'yes', '--appendfsync', 'everysec');
    const flow = await NumberedFlow.into(sinkInto(server), Events, event);
    disk.fail();
    expect(String(await failureOf(server))).toContain('Read-only file system');
    await flow.push(1000);
    await until(() => flow.stats.retries > 2, 'retries');
    await server.stop('SIGKILL');
    disk.repair();
    await server.run();
    await flow.push(1000);
    expect(await flow.close()).toEqual(flow.allCommitted);
    expect(await count(server)).toBe(2000);
  });
});
