/**
 * The source of Redis Streams behind a cluster, behind a sentinel, and behind a network that is cut.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { CutProxy } from '../../fixtures/cut-proxy.js';
import { noRedis, RedisServer } from '../../fixtures/redis-server.js';
import { numbersTo, RedisStream } from '../../fixtures/redis-stream.js';
import { until } from '../../fixtures/until.js';

describe.skipIf(noRedis)(`connecting to a stream ${noRedis ?? ''}`, () => {
  let server: RedisServer;
  beforeAll(async () => {
    server = await RedisServer.start();
  });

  it('a cluster: its node of the stream, and the end of a wait', async () => {
    const nodes = await Promise.all([0, 1].map(() => RedisServer.start(['--cluster-enabled', 'yes'])));
    const [first, second] = nodes as [RedisServer, RedisServer];
    await first.raw('CLUSTER', 'ADDSLOTSRANGE', '0', '8191');
    await second.raw('CLUSTER', 'ADDSLOTSRANGE', '8192', '16383');
    await second.raw('CLUSTER', 'SET-CONFIG-EPOCH', '2');
    await first.raw('CLUSTER', 'MEET', '127.0.0.1', String(second.port));
    const isReady = async (node: RedisServer) =>
      /cluster_state:ok[\s\S]*cluster_known_nodes:2/.test(String(await node.command('CLUSTER', 'INFO')));
    for (const node of nodes) await until(() => isReady(node), 'the cluster');
    // A stream on the node that the source is not told of.
    let stream = new RedisStream(second);
    while (Number(await first.command('CLUSTER', 'KEYSLOT', stream.key)) < 8192)
      stream = new RedisStream(second);
    await stream.addNumbers(200);
    const reading = await stream.read({ url: undefined, cluster: [`127.0.0.1:${first.port}`] } as never);
    await until(() => reading.memory.stored === 200, 'all rows');
    await stream.addNumbers(5, 200);
    await until(() => reading.memory.stored === 205, 'those that came later');
    await until(async () => (await stream.pending()) === 0, 'all acknowledgements');
    await stream.untilWaiting();
    await reading.flow.close();
    expect(await stream.unblocked()).toBeGreaterThan(0);
    expect(reading.numbers()).toEqual(numbersTo(205));
    expect(await stream.consumers()).toEqual([]);
    expect(reading.errors).toEqual([]);
  }, 30_000);

  it('a server that sentinels watch, before and after a failover', async () => {
    const master = await RedisServer.start();
    const replica = await RedisServer.start(['--replicaof', '127.0.0.1', String(master.port)]);
    await until(async () => ((await replica.command('ROLE')) as string[])[3] === 'connected', 'the replica');
    const folder = mkdtempSync(join(tmpdir(), 'batchflow-sentinel-'));
    onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
    const file = join(folder, 'sentinel.conf');
    const lines = [
      `sentinel monitor mymaster 127.0.0.1 ${master.port} 1`,
      'sentinel down-after-milliseconds mymaster 300',
      'sentinel failover-timeout mymaster 2000',
    ];
    writeFileSync(file, lines.join('\n'));
    const sentinel = await RedisServer.start([file, '--sentinel']);
    const stream = new RedisStream(master);
    await stream.addNumbers(50);
    const nodes = [`127.0.0.1:${sentinel.port}`];
    const reading = await stream.read({ url: undefined, sentinel: { name: 'mymaster', nodes } } as never);
    await until(() => reading.memory.stored === 50, 'the first rows');
    const replicas = async () => String(await sentinel.command('SENTINEL', 'replicas', 'mymaster'));
    await until(async () => (await replicas()).includes('slave,'), 'the sentinel to know the replica');
    await master.raw('WAIT', '1', '5000');
    await master.stop('SIGKILL');
    const isMaster = async () => ((await replica.command('ROLE')) as string[])[0] === 'master';
    await until(isMaster, 'the failover');
    const moved = new RedisStream(replica);
    Object.assign(moved, { key: stream.key });
    await moved.addNumbers(50, 50);
    await until(() => new Set(reading.numbers()).size === 100, 'rows of the new master', 30_000);
    await until(async () => (await moved.pending()) === 0, 'all acknowledgements');
  }, 60_000);

  it('a connection that is cut again and again: nothing is lost, and nothing comes twice', async () => {
    const stream = new RedisStream(server);
    await stream.addNumbers(2000);
    const proxy = await CutProxy.to(server.port);
    const url = `redis://127.0.0.1:${proxy.port}`;
    proxy.cutAfterServerBytes = 30_000;
    const reading = await stream.read({ url, maxFetch: 500 });
    for (let cut = 1; cut <= 4; cut++) {
      await until(() => reading.memory.stored >= 300 * cut, 'rows after a cut');
      proxy.cut();
    }
    await until(() => reading.memory.stored >= 2000, 'all rows');
    await until(async () => (await stream.pending()) === 0, 'all acknowledgements');
    expect(reading.numbers()).toEqual(numbersTo(2000));
    expect(reading.errors.length).toBeGreaterThan(0);
  });
});
