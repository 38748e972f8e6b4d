/**
 * What becomes of a source of Redis Streams when its server, its group or its entries go.
 */
import { beforeAll, describe, expect, it } from 'vitest';
import { noRedis, RedisServer } from '../../fixtures/redis-server.js';
import { numbersTo, RedisStream } from '../../fixtures/redis-stream.js';
import { until } from '../../fixtures/until.js';

describe.skipIf(noRedis)(`faults of Redis Streams ${noRedis ?? ''}`, () => {
  let server: RedisServer;
  beforeAll(async () => {
    server = await RedisServer.start();
  });

  it('a server that is killed and comes back from its log: nothing is lost, and nothing comes twice', async () => {
    const durable = await RedisServer.start(['--appendonly', 'yes', '--appendfsync', 'always']);
    const stream = new RedisStream(durable);
    await stream.addNumbers(100);
    const reading = await stream.read({}, {}, (memory) => memory.hold());
    await until(() => reading.memory.waiting > 0, 'a batch');
    await until(async () => (await stream.pending()) === 100, 'all entries');
    await durable.stop('SIGKILL');
    // Rows are stored while nothing can be acknowledged.
    reading.memory.release();
    await until(() => reading.memory.stored === 100, 'all rows');
    await durable.run();
    await until(async () => (await stream.pending()) === 0, 'all acknowledgements');
    await stream.addNumbers(50, 100);
    await until(() => reading.memory.stored === 150, 'rows of later');
    expect(reading.numbers()).toEqual(numbersTo(150));
    expect(reading.flow.stats().source).toMatchObject({ acknowledged: expect.any(Number), handedBack: 0 });
    expect(reading.errors.length).toBeGreaterThan(0);
  });

  it('a group that is removed is made again, and that is told', async () => {
    const stream = new RedisStream(server);
    await stream.addNumbers(20);
    const reading = await stream.read();
    await until(() => reading.memory.stored === 20, 'the first rows');
    await server.raw('XGROUP', 'DESTROY', stream.key, 'batchflow');
    await stream.addNumbers(10, 20);
    // From the first entry on: no one knows which were acknowledged.
    await until(() => new Set(reading.numbers()).size === 30, 'the others');
    expect(reading.numbers()).toHaveLength(50);
    expect(String(reading.errors[0])).toContain('NOGROUP');
    expect(String(reading.errors[1])).toMatch(
      /the group "batchflow" of the stream ".*" was gone, and was made again from 0/,
    );
    await server.raw('DEL', stream.key);
    await until(async () => (await server.command('EXISTS', stream.key)) === 1, 'the stream');
    await stream.addNumbers(10, 30);
    await until(() => new Set(reading.numbers()).size === 40, 'the rows of the new stream');
  });

  it("with from: '$' a group that is made again begins where this worker had found it", async () => {
    const stream = new RedisStream(server);
    await stream.addNumbers(20);
    const reading = await stream.read({ from: '$' });
    await stream.addNumbers(10, 20);
    await until(() => reading.memory.stored === 10, 'the first rows');
    await server.raw('XGROUP', 'DESTROY', stream.key, 'batchflow');
    await until(() => reading.errors.length > 0, 'the error');
    await stream.addNumbers(5, 30);
    await until(() => new Set(reading.numbers()).size === 15, 'the others');
    expect(reading.numbers()[0]).toBe(20);
  });

  it('pending entries that were trimmed are counted, and others go on', async () => {
    const stream = new RedisStream(server);
    await stream.addNumbers(10);
    await server.raw('XGROUP', 'CREATE', stream.key, 'batchflow', '0');
    const deliver = ['XREADGROUP', 'GROUP', 'batchflow'];
    await server.raw(...deliver, 'dead', 'COUNT', '3', 'STREAMS', stream.key, '>');
    await server.raw(...deliver, 'own', 'COUNT', '3', 'STREAMS', stream.key, '>');
    await server.raw('XTRIM', stream.key, 'MAXLEN', '5');
    const reading = await stream.read({ consumer: 'own', claimAfterMs: 100 });
    await until(() => reading.memory.stored === 5, 'what is left');
    await until(() => reading.metric('lost_total') === 5, 'the count of those that are lost');
    expect(reading.numbers()).toEqual(numbersTo(5, 5));
    expect(reading.errors.map(String).join()).toMatch(/3 entries left the stream .* they are lost/);
    await until(async () => (await stream.pending()) === 0, 'all acknowledgements');
  });

  it('entries that were trimmed before they were delivered are counted', async () => {
    const stream = new RedisStream(server);
    await stream.addNumbers(3);
    const first = await stream.read();
    await until(() => first.memory.stored === 3, 'rows');
    await first.flow.close();
    await stream.addNumbers(10, 3);
    await server.raw('XTRIM', stream.key, 'MAXLEN', '4');
    const second = await stream.read();
    await until(() => second.memory.stored === 4, 'what is left');
    await until(() => second.metric('unread_total') === 6, 'the count of those that are lost');
    expect(second.numbers()).toEqual(numbersTo(4, 9));
    expect(second.errors.map(String)).toEqual([
      expect.stringContaining('at least 6 entries left the stream'),
    ]);
  });

  it('a trimmed entry that is under way is delivered all the same', async () => {
    const stream = new RedisStream(server);
    await stream.addNumbers(10);
    const reading = await stream.read({ claimAfterMs: 200 }, {}, (memory) => memory.hold());
    await until(async () => (await stream.pending()) === 10, 'all entries');
    await server.raw('XTRIM', stream.key, 'MAXLEN', '0');
    await until(async () => (await stream.pending()) === 0, 'the server to forget them');
    reading.memory.release();
    await until(() => reading.memory.stored === 10, 'all rows');
    await reading.flow.close();
    expect(reading.metric('lost_total')).toBe(0);
    expect(reading.flow.stats().source?.acknowledged).toBe(10);
  });

  it('a key that holds no stream, a wrong password, a server that is not there', async () => {
    const stream = new RedisStream(server);
    await server.raw('SET', stream.key, 'a text');
    await expect(stream.read()).rejects.toThrow('WRONGTYPE');
    const other = new RedisStream(server);
    const wrong = server.url.replace('//', '//nobody:wrong@');
    await expect(other.read({ url: wrong, requireServer: true })).rejects.toThrow('WRONGPASS');
    const nowhere = { url: 'redis://127.0.0.1:1' };
    await expect(other.read({ ...nowhere, requireServer: true })).rejects.toThrow('cannot connect to Redis');
    const waiting = await other.read(nowhere);
    await until(() => waiting.errors.length > 0, 'an error');
    expect(String(waiting.errors[0])).toMatch(/the source's run failed: cannot connect to Redis/);
  });

  it('a user with the rights of the page only', async () => {
    const stream = new RedisStream(server);
    const commands = ['xreadgroup', 'xautoclaim', 'xclaim', 'xack', 'xpending', 'ping'];
    const rights = commands.map((command) => `+${command}`);
    await server.raw('ACL', 'SETUSER', 'reader', 'on', '>secret', `~${stream.key}`, ...rights);
    await server.raw('XGROUP', 'CREATE', stream.key, 'batchflow', '0', 'MKSTREAM');
    await stream.addNumbers(10);
    const url = server.url.replace('//', '//reader:secret@');
    const reading = await stream.read({ url });
    await until(() => reading.memory.stored === 10, 'all rows');
    await reading.flow.close();
    expect(reading.errors).toEqual([]);
    expect(await stream.pending()).toBe(0);
  });
});
