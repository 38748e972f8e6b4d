/**
 * The compose file of edges and workers (docs/jetstream/compose): its command lines, with a real cluster of
 * nats-servers and a real PostgreSQL. Events that an edge calls committed are in the table once each, whatever workers
 * are stopped or killed.
 */
import { readFileSync } from 'node:fs';
import { beforeAll, describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { Command, folder } from '../fixtures/command.js';
import { event, lines, ndjson } from '../fixtures/ingest.js';
import { NatsCluster } from '../fixtures/nats-cluster.js';
import { noNats } from '../fixtures/nats-server.js';
import { noPostgres, PostgresServer } from '../fixtures/postgres-server.js';
import { until } from '../fixtures/until.js';

interface Service {
  readonly command: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
  readonly volumes?: readonly string[];
  readonly depends_on?: readonly string[];
  readonly stop_grace_period?: string;
}

const place = new URL('../../docs/jetstream/compose/', import.meta.url);
const compose = parse(readFileSync(new URL('compose.yaml', place), 'utf8'), { merge: true }) as {
  readonly services: Readonly<Record<string, Service>>;
  readonly volumes: Readonly<Record<string, object>>;
};
const service = (name: string) => compose.services[name] as Service;

describe('the compose file', () => {
  test('names only services, volumes and files that are there', () => {
    const names = Object.keys(compose.services);
    expect(names).toEqual(['nats-1', 'nats-2', 'nats-3', 'postgres', 'edge', 'worker', 'prometheus']);
    for (const { volumes = [], depends_on = [] } of Object.values(compose.services)) {
      expect(names).toEqual(expect.arrayContaining([...depends_on]));
      for (const volume of volumes) {
        const [from = ''] = volume.split(':');
        if (from.startsWith('.')) expect(readFileSync(new URL(from, place), 'utf8')).not.toBe('');
        else expect(Object.keys(compose.volumes)).toContain(from);
      }
    }
    const conf = readFileSync(new URL('nats.conf', place), 'utf8');
    for (const server of ['nats-1', 'nats-2', 'nats-3']) {
      expect(conf).toContain(`nats://${server}:6222`);
      expect(service(server).environment).toEqual({ SERVER_NAME: server });
      expect(service('edge').command.join(' ')).toContain(`${server}:4222`);
    }
    const scraped = parse(readFileSync(new URL('prometheus.yml', place), 'utf8'));
    expect(JSON.stringify(scraped)).toContain('"edge:8080"');
    expect(service('edge').command).toEqual(expect.arrayContaining(['--port=8080', '--allow-host=edge']));
    expect(JSON.stringify(scraped)).toContain('"port":8081');
    expect(service('worker').command).toContain('--port=8081');
  });
});

const missing = noNats ?? noPostgres;

describe.skipIf(missing)(`the commands of the compose file ${missing ?? ''}`, () => {
  let nats: NatsCluster;
  let postgres: PostgresServer;
  beforeAll(async () => {
    [nats, postgres] = await Promise.all([NatsCluster.start(), PostgresServer.start()]);
  }, 60_000);

  /** A service's command line on this machine: with hosts and folders of its own, a free port, and less patience. */
  const run = (name: string) => {
    const { command, environment = {} } = service(name);
    const local = (text: string) =>
      text
        .replace('nats-1:4222,nats-2:4222,nats-3:4222', nats.servers.join(','))
        .replace('--host=0.0.0.0', '--host=127.0.0.1')
        .replace(/^--port=\d+$/, '--port=0')
        .replace('?consumer=table', '?consumer=table&ackWaitMs=2000')
        .replace('--drain-timeout-ms=10000', '--drain-timeout-ms=300')
        .replace('=/data/', '=');
    const env = Object.entries(environment).map(([key, value]) => [
      key,
      value.replace(/^postgres:.*$/, postgres.url),
    ]);
    return new Command(command.map(local), folder(), Object.fromEntries(env));
  };
  const urlOf = async (command: Command) => (await command.says(/Watch it live: (http:\S+)\//))[1] as string;
  const post = async (edge: Command, from: number, count: number, key: string, line = 1) => {
    const body = lines(Array.from({ length: count }, (_, i) => event(`/${from + i}`)));
    const headers = {
      ...{ ...ndjson, 'idempotency-key': `a-key-of-a-client-${key}` },
      'idempotency-first-line': String(line),
    };
    const url = `${await urlOf(edge)}/v1/events?ack=committed`;
    const answer = await fetch(url, { method: 'POST', body, headers });
    expect([answer.status, await answer.json()]).toEqual([200, { committed: count }]);
  };
  const ready = async (command: Command) => (await fetch(`${await urlOf(command)}/readyz`)).status;
  const stored = async () => {
    const [row] = await postgres.sql(
      'SELECT count(*), count(DISTINCT path), count(DISTINCT event_id) FROM access_log',
    );
    return row?.map(Number) ?? [];
  };
  const stats = async (command: Command) =>
    (await (await fetch(`${await urlOf(command)}/stats`)).json()) as {
      stats: { committed: number; source: Record<string, number> };
    };
  const metric = async (command: Command, name: string) => {
    const text = await (await fetch(`${await urlOf(command)}/metrics`)).text();
    return Number(new RegExp(`^${name}\\{.*\\} (\\S+)$`, 'm').exec(text)?.[1] ?? 0);
  };
  const underWay = async (command: Command) => (await stats(command)).stats.source.inFlight ?? 0;

  test('store each event once: sent twice, by workers that are stopped and killed', async () => {
    const [edge, ...workers] = [run('edge'), run('worker'), run('worker')] as const;
    await Promise.all([edge, ...workers].map(async (command) => expect(await ready(command)).toBe(200)));
    await post(edge, 0, 500, 'first');
    // As if the answer had been lost; and in other messages, so that the stream does not know them.
    await post(edge, 0, 300, 'first');
    await post(edge, 300, 200, 'first', 301);
    const committed = async () => {
      const all = await Promise.all(workers.map(stats));
      return all.reduce((sum, { stats: { committed } }) => sum + committed, 0);
    };
    await until(async () => (await committed()) === 1000, 'all that was sent');
    expect(await stored()).toEqual([500, 500, 500]);

    // Workers hold what they have.
    const client = await postgres.connect();
    await client.query('BEGIN; LOCK TABLE access_log IN EXCLUSIVE MODE');
    await post(edge, 500, 400, 'second');
    let stopped = workers[0];
    await until(async () => {
      for (const worker of workers) if ((await underWay(worker)) > 0) stopped = worker;
      return (await underWay(stopped)) > 0;
    }, 'a message under way');
    const killed = workers[stopped === workers[0] ? 1 : 0];
    stopped.kill('SIGTERM');
    expect(await stopped.exit, stopped.stderr).toBe(0);
    expect(stopped.stdout).toMatch(/^\d+ units? received, \d+ acknowledged, [1-9]\d* handed back$/m);
    await until(async () => (await underWay(killed)) > 0, 'the message, with the other worker');
    expect(await metric(killed, 'batchflow_source_units_in_flight')).toBeGreaterThan(0);
    killed.kill('SIGKILL');
    const last = run('worker');
    expect(await ready(last)).toBe(200);
    await client.query('COMMIT');
    const again = () => metric(last, 'batchflow_jetstream_redeliveries_total');
    await until(async () => (await again()) > 0, 'the message of the workers that are gone');
    await until(async () => (await underWay(last)) === 0, 'its acknowledgement');
    expect(await stored()).toEqual([900, 900, 900]);
    expect(await metric(last, 'batchflow_jetstream_consumer_lag')).toBe(0);
    expect(await metric(last, 'batchflow_source_state')).toBe(1);
    expect(await metric(edge, 'batchflow_events_total')).toBe(1400);

    for (const command of [last, edge]) {
      command.kill('SIGTERM');
      expect(await command.exit, command.stderr).toBe(0);
    }
    expect(edge.stdout).toMatch(/^1,400 rows committed to nats:/m);
    const info = await nats.info('EVENTS');
    expect(info?.config).toMatchObject({
      num_replicas: 3,
      retention: 'workqueue',
      max_bytes: 10_000_000_000,
    });
    // Acknowledged messages have left the stream.
    expect(info?.state.messages).toBe(0);
  }, 120_000);
});
