/**
 * A Redis that restarts, is out of memory, read-only, busy, out of reach or slow, or is none: what is written again is
 * stored, and what is refused is the row's own fault.
 */

import { once } from 'node:events';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { inspect } from 'node:util';
import { beforeAll, beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import { freePort } from '../../../dist/bench/harness/free-port.js';
import { createBatchFlow, defineSchema, t, type WriteResult } from '../../../dist/src/index.js';
import { type RedisOptions, redis } from '../../../dist/src/sinks/redis/index.js';
import { CutProxy } from '../../fixtures/cut-proxy.js';
import { directSink } from '../../fixtures/direct-sink.js';
import { errorOf } from '../../fixtures/error-of.js';
import { NumberedFlow } from '../../fixtures/numbered-flow.js';
import { noRedis, RedisServer } from '../../fixtures/redis-server.js';
import { until } from '../../fixtures/until.js';

const Events = defineSchema('events', { id: t.int32(), text: t.string().optional() });
const event = (id: number) => ({ id, text: `event ${id}` });
const events = (from: number, count: number) => Array.from({ length: count }, (_, i) => event(from + i));
/** The rows that failed and what was said of each. */
const failuresOf = (result: WriteResult | undefined) =>
  (result?.failed ?? []).map(({ index, error }) => [index, (error as Error).message]);

/** A server of a test's own, that answers as it is told. */
async function double(onCommands: (socket: Socket, commands: string) => void): Promise<string> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => {});
    socket.on('data', (data) => {
      const text = data.toString('latin1');
      // The greeting: PING and CLIENT SETNAME.
      if (text.includes('SETNAME')) socket.write('+PONG\r\n+OK\r\n');
      else onCommands(socket, text);
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return `redis://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

describe.skipIf(noRedis)(`faults of Redis ${noRedis ?? ''}`, () => {
  let server: RedisServer;
  beforeAll(async () => {
    server = await RedisServer.start(['--appendonly', 'yes', '--appendfsync', 'always']);
  });
  beforeEach(async () => {
    await server.raw('FLUSHALL');
  });
  const open = (options: RedisOptions = { hash: 'e:{id}' }) =>
    directSink(redis({ url: server.url, ...options }), Events);
  const command = (...args: string[]) => server.command(...args) as Promise<unknown>;
  const through = (proxy: CutProxy) => server.url.replace(`:${server.port}`, `:${proxy.port}`);

  it('a restart: the next write has a new connection', async () => {
    const sink = await open();
    await sink.write(events(0, 2));
    await server.stop();
    const error = await errorOf(sink.write(events(2, 2)));
    expect(sink.classify(error), inspect(error)).toMatchObject({ verdict: 'retry', reason: 'connection' });
    await server.run();
    await sink.write(events(2, 2));
    expect(await command('DBSIZE')).toBe(4);
  });

  it('crashes in the middle of a flow: none lost, and all counts add up', async () => {
    const flow = await NumberedFlow.into(redis({ url: server.url, hash: 'e:{id}' }), Events, event);
    await flow.throughRestarts(server, ['SIGKILL', 'SIGTERM'] as const);
    expect(await flow.close()).toEqual(flow.allCommitted);
    expect(await command('DBSIZE')).toBe(flow.next);
  });

  it('connections that are cut at any byte, both ways', async () => {
    const proxy = await CutProxy.to(server.port);
    const sink = await directSink(redis({ url: through(proxy), hash: 'e:{id}' }), Events);
    let left = 0;
    for (let round = 0; round < 60; round++) {
      if (round % 2 === 0) proxy.cutAfterBytes = 1 + Math.floor(Math.random() * 6000);
      else proxy.cutAfterServerBytes = 1 + Math.floor(Math.random() * 300);
      let rows = events(round * 100, 100);
      while (rows.length > 0) {
        try {
          const failed = (await sink.write(rows))?.failed ?? [];
          for (const { error } of failed) expect(sink.classify(error)).toMatchObject({ verdict: 'retry' });
          rows = failed.map(({ index }) => rows[index] as (typeof rows)[number]);
          left += rows.length;
        } catch (error) {
          expect(sink.classify(error), inspect(error)).toMatchObject({ verdict: 'retry' });
          left += rows.length;
        }
      }
    }
    expect(left).toBeGreaterThan(0);
    expect(await command('DBSIZE')).toBe(6000);
  });

  it('a wrong type of key is the fault of its rows alone', async () => {
    await server.raw('SET', 'e:3', 'a text');
    const sink = await open();
    const result = await sink.write(events(0, 5));
    expect(failuresOf(result)).toEqual([[3, expect.stringMatching(/^WRONGTYPE /)]]);
    expect(sink.classify(result?.failed[0]?.error)).toMatchObject({ verdict: 'fatal', reason: 'value' });
    expect(await command('DBSIZE')).toBe(5);
  });

  it('rows without a key or a value, and what a function makes of none, are given up alone', async () => {
    const keyed = await open({ hash: 'e:{text}' });
    expect(failuresOf(await keyed.write([{ id: 1 }, event(2)]))).toEqual([
      [0, 'the row has no value for the key "e:{text}"'],
    ]);
    const empty = await open({ stream: { key: 's', columns: ['text'] } });
    expect(failuresOf(await empty.write([event(1), { id: 2 }]))).toEqual([
      [1, 'the row has no value in any of the columns that are stored'],
    ]);
    const made = await open({
      command: ({ id }) =>
        [['SET', 'k', 'v'], [], ['SET', null], ['MULTI'], ['NONSENSE', 'secret'], undefined, ['INCR', 'k']][
          id
        ] as never,
    });
    const result = await made.write(Array.from({ length: 8 }, (_, id) => ({ id })));
    expect(failuresOf(result).sort()).toEqual([
      [1, expect.stringContaining('a list of arguments')],
      [2, expect.stringContaining('argument 1 is null')],
      [3, expect.stringContaining('not multi')],
      [4, "ERR unknown command 'NONSENSE'"],
      [5, expect.stringContaining('a list of arguments')],
      [6, expect.stringMatching(/^ERR value is not an integer/)],
      [7, expect.stringContaining('a list of arguments')],
    ]);
    for (const { error } of result?.failed ?? [])
      expect(sink(made, error)).toMatchObject({ verdict: 'fatal' });
    expect(await command('GET', 'k')).toBe('v');
  });
  const sink = (of: Awaited<ReturnType<typeof open>>, error: unknown) => of.classify(error);

  it('a flow of good and bad rows: the bad ones are dead letters, and the rest is stored', async () => {
    await server.raw('SET', 'e:7', 'a text');
    const flow = await createBatchFlow({
      schema: Events,
      sink: redis({ url: server.url, hash: 'e:{id}' }),
      flushSize: 100,
      retry: { backoffMs: 1 },
    });
    for (const each of events(0, 250)) flow.push(each);
    await flow.close();
    expect(flow.stats()).toMatchObject({ accepted: 250, committed: 249, dropped: { failed: 1 } });
    expect(await command('DBSIZE')).toBe(250);
  });

  it('out of memory: later, and what fits is stored', async () => {
    const small = await RedisServer.start(['--maxmemory-policy', 'noeviction']);
    const sink = await directSink(redis({ url: small.url, hash: 'e:{id}' }), Events);
    await sink.write(events(0, 1));
    await small.raw('CONFIG', 'SET', 'maxmemory', '1');
    const error = await errorOf(sink.write(events(1, 3)));
    expect(String(error)).toContain('OOM');
    expect(sink.classify(error)).toMatchObject({ verdict: 'retry', reason: 'overload' });
    await small.raw('CONFIG', 'SET', 'maxmemory', '0');
    expect(await sink.write(events(1, 3))).toBe(undefined);
    expect(await small.command('DBSIZE')).toBe(4);
  });

  it('a server that has become a replica: the connection is dropped, and rows are tried again', async () => {
    const other = await RedisServer.start();
    const sink = await directSink(redis({ url: other.url, hash: 'e:{id}' }), Events);
    await sink.write(events(0, 1));
    await other.raw('REPLICAOF', '127.0.0.1', String(server.port));
    await until(async () => ((await other.command('ROLE')) as string[])[3] === 'connected', 'the replica');
    const connections = async () =>
      ((await other.command('CLIENT', 'LIST')) as string).match(/name=batchflow/g) ?? [];
    expect(await connections()).toHaveLength(1);
    const error = await errorOf(sink.write(events(1, 2)));
    expect(String(error)).toContain('READONLY');
    expect(sink.classify(error)).toMatchObject({ verdict: 'retry', reason: 'connection' });
    await until(async () => (await connections()).length === 0, 'the connection to be dropped');
    await other.raw('REPLICAOF', 'NO', 'ONE');
    expect(await sink.write(events(1, 2))).toBe(undefined);
    expect(await other.command('EXISTS', 'e:1', 'e:2')).toBe(2);
  });

  it('a server that a script keeps busy, until the script is killed', async () => {
    await server.raw('CONFIG', 'SET', 'busy-reply-threshold', '50');
    const sink = await open();
    await sink.write(events(0, 1));
    const looping = errorOf(server.raw('EVAL', 'while true do end', '0'));
    const killer = await RedisServer.connect(server.url);
    await until(
      async () => String(await errorOf(killer.sendCommand(['GET', 'x']))).includes('BUSY'),
      'a busy server',
    );
    const error = await errorOf(sink.write(events(1, 2)));
    expect(String(error)).toContain('BUSY');
    expect(sink.classify(error)).toMatchObject({ verdict: 'retry', reason: 'overload' });
    await killer.sendCommand(['SCRIPT', 'KILL']);
    await looping;
    expect(await sink.write(events(1, 2))).toBe(undefined);
  });

  it('a server that does not answer: the attempt ends with its signal, and its connection', async () => {
    const proxy = await CutProxy.to(server.port);
    const sink = await directSink(redis({ url: through(proxy), hash: 'e:{id}' }), Events);
    await sink.write(events(0, 1));
    proxy.stall();
    const stop = new AbortController();
    const writing = errorOf(sink.write(events(1, 1), stop.signal));
    await until(async () => (await command('EXISTS', 'e:1')) === 1, 'the row');
    stop.abort(new Error('too late'));
    expect(String(await writing)).toBe('Error: too late');
    proxy.resume();
    const before = proxy.accepted;
    await sink.write(events(1, 1));
    expect(proxy.accepted).toBe(before + 1);
  });

  it('an attempt takes no longer than its time, and what is stored twice by it has one identity', async () => {
    const proxy = await CutProxy.to(server.port);
    const flow = await createBatchFlow({
      schema: Events,
      sink: redis({ url: through(proxy), stream: { key: 's', identityField: '_id' } }),
      retry: { timeoutMs: 200, backoffMs: 1, maxAttempts: 50 },
      ...{ flushSize: 10, flushIntervalMs: 5 },
    });
    flow.push(event(0));
    await flow.flush();
    proxy.stall();
    flow.push(event(1));
    await until(async () => Number(await command('XLEN', 's')) === 2, 'the entry whose answer is lost');
    proxy.resume();
    await flow.close();
    const entries = (await command('XRANGE', 's', '-', '+')) as [string, string[]][];
    const identities = entries.map(([, fields]) => `${fields[1]} ${fields[3]}`);
    expect(identities.length).toBe(3);
    expect(new Set(identities).size).toBe(2);
    expect(flow.stats()).toMatchObject({ accepted: 2, committed: 2, dropped: {} });
  });

  it.each([
    ['no protocol at all', 'HTTP/1.1 400 Bad Request\r\n\r\n'],
    ['a length that is none', '$x\r\n'],
    ['too long a length', '$9999999999999\r\n'],
    ['a value without its end', '$2\r\nabcdef\r\n'],
    ['an endless line', `+${'x'.repeat(70_000)}`],
    ['another reply than was asked for', ':1\r\n:1\r\n:1\r\n:1\r\n'],
    ['a line feed alone', '+OK\n'],
  ])('nonsense: %s', async (_, reply) => {
    const url = await double((socket) => socket.write(reply));
    const nonsense = await directSink(redis({ url, hash: 'e:{id}' }), Events);
    const result = await nonsense.write(events(0, 2)).catch((error: unknown) => ({ error }));
    if (result !== undefined && 'error' in result) {
      expect(nonsense.classify(result.error), inspect(result.error)).toMatchObject({ verdict: 'retry' });
    }
  });

  it('a long error, and one that would play with a terminal, are shown in part', async () => {
    const url = await double((socket) => socket.write(`-ERR \u001b[2J${'x'.repeat(60_000)}\r\n`));
    const talking = await directSink(redis({ url, hash: 'e:{id}' }), Events);
    const [[, message] = [0, '']] = failuresOf(await talking.write(events(0, 1)));
    expect(message).toMatch(/^ERR \\u001b\[2Jx{280,300}…$/);
  });

  it('rows behind a broken answer are tried again, those before it are committed', async () => {
    const url = await double((socket) => socket.write(':1\r\n:1\r\n?\r\n'));
    const broken = await directSink(redis({ url, hash: 'e:{id}' }), Events);
    const result = await broken.write(events(0, 4));
    expect(failuresOf(result).map(([index]) => index)).toEqual([2, 3]);
    for (const { error } of result?.failed ?? []) {
      expect(broken.classify(error)).toEqual({ verdict: 'retry', reason: 'connection' });
    }
  });

  it('answers that come byte by byte', async () => {
    const reply = Buffer.from(
      '*2\r\n$2\r\nab\r\n*1\r\n-ERR x\r\n$0\r\n\r\n-WRONGTYPE no\r\n$-1\r\n*-1\r\n*0\r\n',
    );
    const url = await double(async (socket) => {
      socket.setNoDelay(true);
      for (const byte of reply) {
        socket.write(Buffer.of(byte));
        await new Promise(setImmediate);
      }
    });
    const slow = await directSink(redis({ url, command: ({ id }) => ['ANY', id] }), Events);
    expect(failuresOf(await slow.write(events(0, 6)))).toEqual([[2, 'WRONGTYPE no']]);
  });

  it('a server that is not there: the flow starts, or fails where it has to be there', async () => {
    const url = `redis://127.0.0.1:${await freePort()}`;
    const warned = vi.fn();
    process.on('warning', warned);
    onTestFinished(() => void process.off('warning', warned));
    const sink = await directSink(redis({ url, list: 'l' }), Events);
    const error = await errorOf(sink.write(events(0, 1)));
    expect(sink.classify(error)).toMatchObject({ verdict: 'retry', reason: 'connection' });
    await until(() => warned.mock.calls.some(([{ name }]) => name === 'RedisWarning'), 'the warning');
    await expect(
      createBatchFlow({ schema: Events, sink: redis({ url, list: 'l', requireServer: true }) }),
    ).rejects.toThrow('cannot connect to Redis');
  });

  it('a schema without a column that is named fails the flow', async () => {
    for (const [rows, message] of [
      [{ hash: 'k:{missing}' }, 'no column "missing"'],
      [{ sortedSet: { key: 'z', score: 'text' } }, 'has to be a number'],
      [{ stream: { key: 's', identityField: 'id' } }, 'is a column'],
      [{ schemas: { others: { list: 'l' } } }, 'name it in `schemas`'],
    ] as const) {
      await expect(
        createBatchFlow({ schema: Events, sink: redis({ url: server.url, ...rows }) }),
      ).rejects.toThrow(message);
    }
  });

  it('health: what the server says, and no more than its time', async () => {
    const flow = await createBatchFlow({ schema: Events, sink: redis({ url: server.url, list: 'l' }) });
    onTestFinished(async () => void (await flow.close()));
    expect(await flow.sinkTrouble()).toBe(undefined);
    await server.stop();
    await until(async () => (await flow.sinkTrouble()) !== undefined, 'the trouble');
    await server.run();
    await until(async () => (await flow.sinkTrouble()) === undefined, 'its end');
  });
});
