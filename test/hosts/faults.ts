/**
 * What befalls the hosts, at random moments of a seed: each kind of fault comes by itself, beside the others.
 */
import { setTimeout as pause } from 'node:timers/promises';
import type { Random } from '../../dist/bench/harness/random.js';
import type { CutProxy } from '../fixtures/cut-proxy.js';
import type { NatsCluster } from '../fixtures/nats-cluster.js';
import type { PostgresServer } from '../fixtures/postgres-server.js';
import { until } from '../fixtures/until.js';
import type { Host } from './host.js';

/** How often each fault comes. */
export interface Faults {
  readonly leaders: number;
  readonly workers: number;
  readonly edges: number;
  readonly databases: number;
  readonly cutMs: number;
}

/** Kill the stream's leader, and start it again, when the others have brought the load on. */
export async function killLeaders(
  cluster: NatsCluster,
  stream: string,
  times: number,
  random: Random,
  acknowledged: () => number,
): Promise<void> {
  for (let n = 0; n < times; n++) {
    const leader = await cluster.leaderOf(stream);
    await pause(random.between(0, 2000));
    await cluster.kill(leader);
    const before = acknowledged();
    await until(() => acknowledged() > before, `an acknowledgement without ${leader}`, 60_000);
    await pause(random.between(0, 1000));
    await cluster.revive(leader);
  }
}

/** Kill one of some hosts, and start it again. */
export async function killHosts(hosts: readonly Host[], times: number, random: Random): Promise<void> {
  for (let n = 0; n < times; n++) {
    await pause(random.between(100, 4000));
    const host = random.pick(hosts);
    await host.kill();
    await pause(random.between(0, 500));
    await host.start();
  }
}

/** As in a crash, or in good order. */
export async function restartDatabase(
  database: PostgresServer,
  times: number,
  random: Random,
): Promise<void> {
  for (let n = 0; n < times; n++) {
    await pause(random.between(1000, 8000));
    await database.stop(n % 2 === 0 ? 'SIGQUIT' : 'SIGINT');
    await pause(random.between(0, 2000));
    await database.run();
  }
}

/** The network between a worker and all servers is gone for a while. */
export async function cutNetwork(proxies: readonly CutProxy[], ms: number, random: Random): Promise<void> {
  await pause(random.between(500, 3000));
  for (const proxy of proxies) proxy.sever();
  await pause(ms);
  for (const proxy of proxies) proxy.resume();
}
