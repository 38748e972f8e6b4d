/**
 * A cluster of three servers whose leader is killed under load: what the sink has acknowledged is in the stream.
 *
 * Each kill costs an election, so the tests have one. `BATCHFLOW_LEADER_KILLS=10 npx vitest run jetstream/cluster` has
 * more.
 */
import { setTimeout as pause } from 'node:timers/promises';
import { beforeAll, describe, expect, it } from 'vitest';
import { Random } from '../../../dist/bench/harness/random.js';
import { defineSchema, t } from '../../../dist/src/index.js';
import { jetstream } from '../../../dist/src/sinks/jetstream/index.js';
import { NatsCluster } from '../../fixtures/nats-cluster.js';
import { noNats } from '../../fixtures/nats-server.js';
import { NumberedFlow } from '../../fixtures/numbered-flow.js';
import { storedRows } from '../../fixtures/packed-stream.js';
import { until } from '../../fixtures/until.js';

const kills = Number(process.env.BATCHFLOW_LEADER_KILLS ?? 1);
const Events = defineSchema('events', { id: t.int32(), text: t.string() });
const stream = { name: 'C', replicas: 3 } as const;

describe.skipIf(noNats)(`a cluster of JetStream ${noNats ?? ''}`, () => {
  let cluster: NatsCluster;
  beforeAll(async () => {
    cluster = await NatsCluster.start();
  }, 60_000);

  it('keeps all that was acknowledged when its leader is killed', {
    timeout: 60_000 + 60_000 * kills,
  }, async () => {
    const seed = Date.now() % 1_000_000;
    console.log(`seed ${seed}, ${kills} kills`);
    const random = new Random(seed);
    const sink = jetstream({ servers: cluster.servers, stream, ackTimeoutMs: 1000 });
    const flow = await NumberedFlow.into(sink, Events, (id) => ({ id, text: `event ${id}` }));
    let isOver = false;
    const load = async () => {
      for (; !isOver; await pause(1)) await flow.push(random.between(1, 200));
    };
    const loading = load();
    try {
      for (let killed = 0; killed < kills; killed++) {
        const leader = await cluster.leaderOf(stream.name);
        await pause(random.between(0, 500));
        await cluster.kill(leader);
        // The others choose a leader.
        await flow.committed(flow.stats.committed + 1000);
        await cluster.revive(leader);
      }
    } finally {
      isOver = true;
      await loading;
    }
    expect(await flow.close()).toEqual(flow.allCommitted);
    expect(flow.stats.retries).toBeGreaterThan(0);
    await cluster.leaderOf(stream.name);
    const rows = await storedRows(cluster.client, stream.name);
    const byIdentity = new Map(rows.map(({ identity, row }) => [identity, (row as { id: number }).id]));
    expect([...byIdentity.values()].sort((a, b) => a - b)).toEqual(
      Array.from({ length: flow.next }, (_, id) => id),
    );
  });

  it('waits for the servers that a new stream needs', async () => {
    const away = cluster.names[2] as string;
    // In good order: the others are told.
    await cluster.kill(away, 'SIGTERM');
    const late = { name: 'LATE', replicas: 3 } as const;
    const sink = jetstream({
      servers: cluster.servers,
      stream: late,
      subject: 'late.{schema}',
      ackTimeoutMs: 1000,
    });
    const flow = await NumberedFlow.into(sink, Events, (id) => ({ id, text: `event ${id}` }));
    await flow.push(100);
    await until(() => flow.stats.retries > 0, 'an attempt');
    await cluster.revive(away);
    await flow.committed(100);
    expect(await flow.close()).toEqual(flow.allCommitted);
  });
});
