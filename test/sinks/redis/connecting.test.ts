/**
 * How the Redis sink connects: passwords, databases, TLS, clusters and sentinels, and what it says where it cannot.
 */

import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { inspect } from 'node:util';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { freePort } from '../../../dist/bench/harness/free-port.js';
import { createBatchFlow, defineSchema, t } from '../../../dist/src/index.js';
import { type RedisOptions, redis } from '../../../dist/src/sinks/redis/index.js';
import { directSink } from '../../fixtures/direct-sink.js';
import { errorOf } from '../../fixtures/error-of.js';
import { noRedis, RedisServer } from '../../fixtures/redis-server.js';
import { until } from '../../fixtures/until.js';

const Events = defineSchema('events', { id: t.int32() });
const rows = (from: number, count: number) => Array.from({ length: count }, (_, i) => ({ id: from + i }));
const secret = 'p@ss/w?rd#5309';

afterEach(() => {
  vi.unstubAllEnvs();
});

describe.skipIf(noRedis)(`connecting to Redis ${noRedis ?? ''}`, () => {
  let server: RedisServer;
  let folder: string;
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'batchflow-tls-'));
    server = await RedisServer.start();
    await server.raw('ACL', 'SETUSER', 'app', 'on', `>${secret}`, '~e:*', '+@all');
    await server.raw('ACL', 'SETUSER', 'reader', 'on', '>reads', '~*', '+@read', '+@connection');
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  beforeEach(async () => {
    await server.raw('FLUSHALL');
  });

  /** Write 100 rows with a version of `@redis/client`. @returns what the writes resolve with. */
  function byVersion(name: string, options: RedisOptions): unknown[] {
    const script = fileURLToPath(new URL('../../fixtures/redis-client-version.mjs', import.meta.url));
    const printed = execFileSync(process.execPath, [script, name, JSON.stringify(options)], {
      encoding: 'utf8',
    });
    return JSON.parse(printed).map((each: unknown) => each ?? undefined);
  }

  /** A row is written and there. */
  async function expectStored(options: RedisOptions, database = '0'): Promise<void> {
    const sink = await directSink(redis({ hash: 'e:{id}', ...options }), Events);
    expect(await sink.write(rows(1, 1))).toBe(undefined);
    const client = await RedisServer.connect(`${server.url}/${database}`);
    expect(await client.sendCommand(['HGET', 'e:1', 'id'])).toBe('1');
    await client.sendCommand(['DEL', 'e:1']);
  }
  const host = () => ({ host: '127.0.0.1', port: server.port });
  const url = (user: string, password: string) =>
    `redis://${user}:${encodeURIComponent(password)}@127.0.0.1:${server.port}`;

  it('passwords of a URL, of parts, a file, the environment, a module; and a database', async () => {
    await expectStored({ url: url('app', secret) });
    await expectStored({ url: `${url('app', secret)}/3` }, '3');
    await expectStored({ connection: { ...host(), user: 'app', password: secret, database: 2 } }, '2');
    const file = join(folder, 'password');
    writeFileSync(file, `${secret}\n`);
    await expectStored({ connection: { ...host(), user: 'app' }, passwordFile: file });
    vi.stubEnv('OWN_SECRET', secret);
    await expectStored({ connection: { ...host(), user: 'app' }, passwordEnv: 'OWN_SECRET' });
    vi.stubEnv('REDISCLI_AUTH', secret);
    await expectStored({ connection: { ...host(), user: 'app' } });
    vi.stubEnv('REDIS_URL', `${url('app', secret)}/1`);
    await expectStored({}, '1');
    const module = join(folder, 'connection.mjs');
    writeFileSync(
      module,
      `export default async () => ({ user: 'app', password: ${JSON.stringify(secret)} });`,
    );
    await expectStored({ connection: host(), connectionModule: `file://${module}` });
  });

  it('by a Unix socket', async () => {
    const path = join(folder, 'redis.sock');
    const local = await RedisServer.start(['--unixsocket', path]);
    // It answers when it listens everywhere.
    await local.raw('PING');
    const sink = await directSink(redis({ connection: { socketPath: path }, hash: 'e:{id}' }), Events);
    await sink.write(rows(0, 3));
    expect(await local.command('DBSIZE')).toBe(3);
  });

  it.each([
    ['a wrong password', () => ({ url: url('app', 'wrong') }), 'WRONGPASS', 'auth'],
    ['a database that is none', () => ({ url: `${server.url}/99` }), 'DB index is out of range', 'value'],
    [
      'a host that has no address',
      () => ({ url: 'redis://no-such-host.invalid' }),
      'ENOTFOUND|EAI_AGAIN',
      'connection',
    ],
    [
      'a file that is not there',
      () => ({ connection: host(), passwordFile: '/nowhere' }),
      'passwordFile',
      'io',
    ],
  ] as const)('%s: nothing is lost, and no secret is shown', async (_, options, message, reason) => {
    const sink = await directSink(redis({ hash: 'e:{id}', ...options() }), Events).catch((error) => ({
      error,
    }));
    const error = 'error' in sink ? sink.error : await errorOf(sink.write(rows(1, 1)));
    expect(String(error)).toMatch(new RegExp(message));
    if (!('error' in sink)) {
      expect(sink.classify(error), inspect(error)).toMatchObject({ verdict: 'retry' });
      if (reason !== 'value') expect(sink.classify(error)).toMatchObject({ reason });
    }
    expect(inspect(error)).not.toContain('wrong@');
  });

  it('a user without the right: the rows are tried again, and the reason is shown', async () => {
    const sink = await directSink(redis({ url: url('reader', 'reads'), hash: 'e:{id}' }), Events);
    const error = await errorOf(sink.write(rows(1, 2)));
    expect(String(error)).toContain('NOPERM');
    expect(sink.classify(error)).toMatchObject({ verdict: 'retry', reason: 'auth' });
    const outside = await directSink(redis({ url: url('app', secret), hash: 'f:{id}' }), Events);
    expect(String(await errorOf(outside.write(rows(1, 1))))).toContain('NOPERM');
  });

  it('a user who may write and nothing else, and one without a password', async () => {
    await server.raw('ACL', 'SETUSER', 'writer', 'on', '>writes', '~e:*', '+hset');
    const sink = await directSink(redis({ url: url('writer', 'writes'), hash: 'e:{id}' }), Events);
    expect(await sink.write(rows(1, 2))).toBe(undefined);
    await server.raw('ACL', 'SETUSER', 'anyone', 'on', 'nopass', '~e:*', '+hset', '+client');
    const free = await directSink(
      redis({ connection: { ...host(), user: 'anyone' }, hash: 'e:{id}' }),
      Events,
    );
    expect(await free.write(rows(3, 1))).toBe(undefined);
    expect(await server.command('CLIENT', 'LIST')).toMatch(/name=batchflow .*user=anyone/);
  });

  it('a busy server: no row goes to another database than was chosen', async () => {
    const busy = await RedisServer.start(['--busy-reply-threshold', '50']);
    const sink = await directSink(redis({ url: `${busy.url}/3`, hash: 'e:{id}' }), Events);
    const looping = errorOf(busy.raw('EVAL', 'while true do end', '0'));
    const killer = await RedisServer.connect(busy.url);
    await until(
      async () => String(await errorOf(killer.sendCommand(['GET', 'x']))).includes('BUSY'),
      'a busy server',
    );
    const second = await directSink(redis({ url: `${busy.url}/3`, hash: 'e:{id}' }), Events);
    const writing = errorOf(second.write(rows(1, 1)));
    expect(String(await writing)).toContain('BUSY');
    await killer.sendCommand(['SCRIPT', 'KILL']);
    await looping;
    await second.write(rows(1, 1));
    await sink.write(rows(2, 1));
    expect(await killer.sendCommand(['DBSIZE'])).toBe(0);
    await killer.sendCommand(['SELECT', '3']);
    expect(await killer.sendCommand(['DBSIZE'])).toBe(2);
  });

  it('a server that asks for a password, and gets none', async () => {
    const closed = await RedisServer.start(['--requirepass', 'x']);
    const sink = await directSink(redis({ url: closed.url, hash: 'e:{id}' }), Events);
    const error = await errorOf(sink.write(rows(1, 1)));
    expect(String(error)).toContain('NOAUTH');
    expect(sink.classify(error)).toMatchObject({ verdict: 'retry', reason: 'auth' });
    const open = await directSink(redis({ url: closed.url.replace('//', '//:x@'), hash: 'e:{id}' }), Events);
    expect(await open.write(rows(1, 1))).toBe(undefined);
  });

  it('too many clients', async () => {
    const few = await RedisServer.start(['--maxclients', '1']);
    await few.raw('PING');
    const sink = await directSink(redis({ url: few.url, hash: 'e:{id}' }), Events);
    const error = await errorOf(sink.write(rows(1, 1)));
    expect(sink.classify(error), inspect(error)).toMatchObject({ verdict: 'retry' });
  });

  describe('TLS', () => {
    let port: number;
    let cert: string;
    beforeAll(async () => {
      const key = join(folder, 'key.pem');
      cert = join(folder, 'cert.pem');
      execFileSync(
        'openssl',
        [
          ...[
            'req',
            '-x509',
            '-newkey',
            'ec',
            '-pkeyopt',
            'ec_paramgen_curve:prime256v1',
            '-nodes',
            '-days',
            '2',
          ],
          ...[
            '-keyout',
            key,
            '-out',
            cert,
            '-subj',
            '/CN=localhost',
            '-addext',
            'subjectAltName=DNS:localhost',
          ],
        ],
        { stdio: 'ignore' },
      );
      port = await freePort();
      await RedisServer.start([
        ...[
          '--tls-port',
          String(port),
          '--tls-cert-file',
          cert,
          '--tls-key-file',
          key,
          '--tls-ca-cert-file',
          cert,
        ],
        ...['--tls-auth-clients', 'no'],
      ]);
    });

    it('the certificate is checked, and its name', async () => {
      const sink = await directSink(
        redis({ url: `rediss://localhost:${port}`, ssl: { caFile: cert }, hash: 'e:{id}' }),
        Events,
      );
      expect(await sink.write(rows(1, 2000))).toBe(undefined);
      for (const options of [
        { url: `rediss://localhost:${port}` },
        { url: `rediss://127.0.0.1:${port}`, ssl: { caFile: cert } },
        { url: `rediss://localhost:${port}`, ssl: { caFile: cert, servername: 'other.example' } },
      ]) {
        const wrong = await directSink(redis({ ...options, hash: 'e:{id}' }), Events);
        const error = await errorOf(wrong.write(rows(1, 1)));
        expect(wrong.classify(error), inspect(error)).toEqual({ verdict: 'retry', reason: 'auth' });
      }
    });

    it.each(['rediss', 'REDISS', 'Rediss'])('begins where the scheme is %s', async (scheme) => {
      const url = `${scheme}://localhost:${port}`;
      const sink = await directSink(redis({ url, ssl: { caFile: cert }, hash: 'e:{id}' }), Events);
      expect(await sink.write(rows(1, 2))).toBe(undefined);
      // Without the authority TLS fails; a connection without TLS would be cut.
      vi.stubEnv('REDIS_URL', url);
      const unknown = await directSink(redis({ hash: 'e:{id}' }), Events);
      const error = await errorOf(unknown.write(rows(1, 1)));
      expect(unknown.classify(error), inspect(error)).toEqual({ verdict: 'retry', reason: 'auth' });
    });

    it('a client without TLS, and TLS to a server without', async () => {
      const options = { connectTimeoutMs: 2000, hash: 'e:{id}' };
      for (const wrong of [`redis://localhost:${port}`, server.url.replace('redis:', 'rediss:')]) {
        const sink = await directSink(redis({ url: wrong, ...options }), Events);
        const error = await errorOf(sink.write(rows(1, 1)));
        expect(sink.classify(error), inspect(error)).toMatchObject({ verdict: 'retry' });
      }
    });
  });

  it('a cluster of three: rows go to the nodes of their keys, and a wrong type fails alone', async () => {
    const nodes = await Promise.all(
      [0, 1, 2].map(() => RedisServer.start(['--cluster-enabled', 'yes', '--cluster-node-timeout', '2000'])),
    );
    const places = nodes.map(({ port }) => `127.0.0.1:${port}`);
    const slots = [0, 5461, 10_923, 16_384];
    for (const [i, node] of nodes.entries()) {
      await node.raw('CLUSTER', 'ADDSLOTSRANGE', String(slots[i]), String((slots[i + 1] as number) - 1));
      await node.raw('CLUSTER', 'SET-CONFIG-EPOCH', String(i + 1));
    }
    for (const other of nodes.slice(1))
      await nodes[0]?.raw('CLUSTER', 'MEET', '127.0.0.1', String(other.port));
    const isReady = async (node: RedisServer) =>
      /cluster_state:ok[\s\S]*cluster_known_nodes:3/.test(String(await node.command('CLUSTER', 'INFO')));
    for (const node of nodes) await until(() => isReady(node), 'the cluster');

    const alone = await directSink(redis({ url: nodes[0]?.url as string, hash: 'e:{id}' }), Events);
    const moved = (await alone.write(rows(0, 100)))?.failed ?? [];
    expect(moved.length).toBeGreaterThan(20);
    expect(alone.classify(moved[0]?.error)).toMatchObject({ verdict: 'retry' });

    const sink = await directSink(redis({ cluster: [places[1] as string], hash: 'e:{id}' }), Events);
    expect(await sink.write(rows(0, 300))).toBe(undefined);
    const sizes = await Promise.all(nodes.map((node) => node.command('DBSIZE') as Promise<number>));
    expect(sizes.reduce((sum, size) => sum + size)).toBe(300);
    expect(Math.min(...sizes)).toBeGreaterThan(0);
    for (const name of ['@redis/client', 'redis-client-oldest']) {
      for (const node of nodes) await node.raw('FLUSHALL');
      expect(byVersion(name, { cluster: places, hash: 'e:{id}' })).toEqual([undefined]);
      const stored = await Promise.all(nodes.map((node) => node.command('DBSIZE') as Promise<number>));
      expect(
        stored.reduce((sum, size) => sum + size),
        name,
      ).toBe(100);
    }
    const texts = await directSink(redis({ cluster: places, string: 'e:{id}' }), Events);
    const lists = await directSink(redis({ cluster: places, list: 'e:{id}' }), Events);
    expect(await texts.write(rows(300, 5))).toBe(undefined);
    const result = await lists.write(rows(303, 4));
    expect(result?.failed.map(({ index }) => index)).toEqual([0, 1]);
    for (const { error } of result?.failed ?? [])
      expect(lists.classify(error)).toMatchObject({ verdict: 'fatal' });

    // The first parts of a batch go to a node that answers last: each reply is its row's all the same.
    const Sharded = defineSchema('sharded', { shard: t.label(), id: t.int32() });
    const shardOf = async (from: number, to: number) => {
      for (let i = 0; ; i++) {
        const slot = Number(await nodes[0]?.command('CLUSTER', 'KEYSLOT', `{s${i}}`));
        if (slot >= from && slot < to) return `s${i}`;
      }
    };
    const slow = await shardOf(0, 5461);
    const fast = await shardOf(10_923, 16_384);
    const late = await directSink(redis({ cluster: places, list: '{{{shard}}}:{id}' }), Sharded);
    await late.write([slow, fast].map((shard) => ({ shard, id: 0 })));
    await nodes[2]?.raw('SET', `{${fast}}:2900`, 'a text');
    await nodes[0]?.raw('CLIENT', 'PAUSE', '1500', 'WRITE');
    const events = Array.from({ length: 3000 }, (_, id) => ({ shard: id < 1500 ? slow : fast, id }));
    expect((await late.write(events))?.failed.map(({ index }) => index)).toEqual([2900]);
  }, 60_000);

  it('a server that sentinels watch, before and after a failover', async () => {
    const master = await RedisServer.start();
    const replica = await RedisServer.start(['--replicaof', '127.0.0.1', String(master.port)]);
    await until(async () => ((await replica.command('ROLE')) as string[])[3] === 'connected', 'the replica');
    const file = join(folder, 'sentinel.conf');
    writeFileSync(
      file,
      [
        `sentinel monitor mymaster 127.0.0.1 ${master.port} 1`,
        'sentinel down-after-milliseconds mymaster 500',
        'sentinel failover-timeout mymaster 3000',
      ].join('\n'),
    );
    const sentinel = await RedisServer.start([file, '--sentinel']);
    const options = {
      sentinel: { name: 'mymaster', nodes: [`127.0.0.1:${sentinel.port}`] },
      hash: 'e:{id}',
    };
    const flow = await createBatchFlow({
      schema: Events,
      sink: redis(options),
      retry: { maxAttempts: 300, backoffMs: 50, maxBackoffMs: 200 },
      ...{ flushSize: 50, flushIntervalMs: 5 },
    });
    for (const row of rows(0, 100)) flow.push(row);
    await flow.flush();
    expect(await master.command('DBSIZE')).toBe(100);
    await until(
      async () => String(await sentinel.command('SENTINEL', 'replicas', 'mymaster')).includes('slave,'),
      'it',
    );
    await master.stop('SIGKILL');
    for (const row of rows(100, 100)) flow.push(row);
    await flow.close();
    expect(flow.stats()).toMatchObject({ accepted: 200, committed: 200 });
    expect(await replica.command('DBSIZE')).toBe(200);
  }, 90_000);
});
