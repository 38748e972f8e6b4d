/**
 * The whole way past one machine, as processes: clients, two edges, a cluster of three nats-servers with three
 * replicas, three workers, PostgreSQL. All of them die at random moments of a seed, and the network of one worker is
 * cut.
 *
 * `BATCHFLOW_HOSTS=full npx vitest run many-hosts` for the long round, `BATCHFLOW_SEED=1` for a round again.
 */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { jetstreamManager } from '@nats-io/jetstream';
import { describe, expect, it } from 'vitest';
import { Random } from '../../dist/bench/harness/random.js';
import { folder } from '../fixtures/command.js';
import { CutProxy } from '../fixtures/cut-proxy.js';
import { NatsCluster } from '../fixtures/nats-cluster.js';
import { noNats } from '../fixtures/nats-server.js';
import { noPostgres, PostgresServer } from '../fixtures/postgres-server.js';
import { until } from '../fixtures/until.js';
import { Clients } from './clients.js';
import { cutNetwork, type Faults, killHosts, killLeaders, restartDatabase } from './faults.js';
import { Host } from './host.js';

const brief: Faults = { leaders: 1, workers: 3, edges: 2, databases: 1, cutMs: 5000 };
const full: Faults = { leaders: 10, workers: 20, edges: 10, databases: 2, cutMs: 20_000 };
const faults = process.env.BATCHFLOW_HOSTS === 'full' ? full : brief;
const seed = Number(process.env.BATCHFLOW_SEED ?? Date.now() % 1_000_000);
const minute = 60_000;

const stream = 'EVENTS';
const consumer = 'table';
const ackWaitMs = 5000;
const columns = { id: 'int32', key: 'label', text: 'string' };
const missing = noNats ?? noPostgres;

describe.skipIf(missing)(`many hosts ${missing ?? ''}`, () => {
  it('no acknowledged event is missing, and none is there twice', { timeout: 20 * minute }, async () => {
    console.log(`seed ${seed}, ${JSON.stringify(faults)}`);
    const cluster = await NatsCluster.start();
    const database = await PostgresServer.start();
    const proxies = await Promise.all(
      cluster.servers.map((server) => CutProxy.to(Number(server.split(':')[1]))),
    );
    const hosts = hostsOf(cluster.servers, proxies, database.url);
    await Promise.all(hosts.edges.map((edge) => edge.start()));
    await makeConsumer(cluster);
    await Promise.all(hosts.workers.map((worker) => worker.start()));

    const clients = new Clients(hosts.edges, new Random(seed));
    const sending = clients.run(4);
    const acknowledged = () => clients.acknowledged.size;
    const befalling = Promise.all([
      killLeaders(cluster, stream, faults.leaders, new Random(seed + 1), acknowledged),
      killHosts(hosts.workers, faults.workers, new Random(seed + 2)),
      killHosts(hosts.edges, faults.edges, new Random(seed + 3)),
      restartDatabase(database, faults.databases, new Random(seed + 4)),
      cutNetwork(proxies, faults.cutMs, new Random(seed + 5)),
    ]);
    try {
      // A client ends only by an answer that it must not get.
      await Promise.race([befalling, sending]);
    } finally {
      clients.stop();
      await Promise.allSettled([befalling]);
    }
    await sending;
    const sentUntil = performance.now();
    await until(async () => (await lagOf(cluster)) === 0, 'a lag of 0', 2 * minute);
    const lagMs = performance.now() - sentUntil;

    const stored = (await database.sql('SELECT id FROM events')).map(([id]) => id as number);
    console.log(
      `${clients.next} events, ${clients.repeated} requests again, ` +
        `${Math.round(clients.longestGapMs)} ms without an acknowledgement at most, ` +
        `lag 0 after ${Math.round(lagMs)} ms, ` +
        `${[...hosts.edges, ...hosts.workers].reduce((sum, host) => sum + host.failedStarts, 0)} starts in vain`,
    );
    const unique = new Set(stored);
    expect([...clients.acknowledged].filter((id) => !unique.has(id))).toEqual([]);
    expect(stored.length - unique.size).toBe(0);
    // Each body was sent until it was acknowledged.
    expect(unique.size).toBe(clients.next);

    // No consumer is stuck: what comes now arrives.
    await clients.send(100);
    await until(
      async () => (await database.sql('SELECT count(*)::int FROM events'))[0]?.[0] === clients.next,
      'rows that come after all of it',
      minute,
    );
    for (const worker of hosts.workers) await ready(worker);
  });
});

function hostsOf(servers: readonly string[], proxies: readonly CutProxy[], databaseUrl: string) {
  const host = (name: string, args: readonly string[]) => {
    const cwd = folder();
    writeFileSync(join(cwd, 'schema.json'), JSON.stringify({ name: 'events', columns }));
    const common = ['--schema', 'schema.json', '--port', '0', '--dead-letters', 'dead.db'];
    return new Host(name, cwd, [...args, ...common]);
  };
  const behind = proxies.map(({ port }) => `127.0.0.1:${port}`);
  const edge = (n: number) =>
    host(`edge ${n}`, [
      ...[
        'serve',
        '--sink',
        `nats://${servers.join(',')}/${stream}`,
        '--replicas',
        '3',
        '--idempotency-keys',
      ],
      ...['--flush-interval-ms', '20', '--max-attempts', '100'],
    ]);
  const worker = (n: number) =>
    host(`worker ${n}`, [
      ...[
        'work',
        '--source',
        `nats://${(n === 0 ? behind : servers).join(',')}/${stream}?consumer=${consumer}`,
      ],
      ...['--sink', databaseUrl, '--identity-column', 'event_id'],
      ...['--flush-interval-ms', '20', '--max-attempts', '100'],
    ]);
  return { edges: [0, 1].map(edge), workers: [0, 1, 2].map(worker) };
}

/** Made before the workers come, so that messages of dead ones come again soon. */
async function makeConsumer(cluster: NatsCluster): Promise<void> {
  await cluster.leaderOf(stream);
  const { consumers } = await jetstreamManager(cluster.client);
  await consumers.add(stream, {
    durable_name: consumer,
    ack_policy: 'explicit',
    ack_wait: ackWaitMs * 1e6,
    max_deliver: -1,
    max_ack_pending: 10_000,
  });
}

/** Messages that are not acknowledged; undefined while no leader answers. */
async function lagOf(cluster: NatsCluster): Promise<number | undefined> {
  try {
    const { consumers } = await jetstreamManager(cluster.client, { checkAPI: false, timeout: 1000 });
    const { num_pending, num_ack_pending } = await consumers.info(stream, consumer);
    return num_pending + num_ack_pending;
  } catch {
    return undefined;
  }
}

async function ready({ name, url }: Host): Promise<void> {
  await until(async () => (await fetch(`${url}/readyz`)).status === 200, `${name} to be ready`);
}
