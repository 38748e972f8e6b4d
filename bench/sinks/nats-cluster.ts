/**
 * A cluster of NATS servers with JetStream, each a process of its own on loopback, for benches and tests.
 */
import { setTimeout } from 'node:timers/promises';
import { jetstreamManager } from '@nats-io/jetstream';
import { connect, type NatsConnection } from '@nats-io/transport-node';
import { freePort } from '../harness/free-port.js';
import { LocalNats } from './nats-server.js';

/** A cluster that has no leader by then has failed. */
const leaderMs = 60_000;
const probe = 'BATCHFLOW_PROBE';

export class LocalNatsCluster {
  private constructor(
    /** By the names of servers. */
    readonly members: ReadonlyMap<string, LocalNats>,
  ) {}

  /**
   * Start the servers of a cluster. Resolves when a stream can have a replica on each.
   *
   * @throws Error when there is no NATS.
   */
  static async start(size = 3): Promise<LocalNatsCluster> {
    const ports = await Promise.all(Array.from({ length: size }, freePort));
    const routes = ports.map((port) => `"nats://127.0.0.1:${port}"`).join(', ');
    const started = await Promise.all(
      ports.map(async (port, i): Promise<[string, LocalNats]> => {
        const name = `n${i + 1}`;
        // Clients know the servers that they are given, so that a proxy's client stays behind it.
        const settings = `name: local, listen: "127.0.0.1:${port}", routes: [${routes}], no_advertise: true`;
        const cluster = `cluster { ${settings} }`;
        return [name, await LocalNats.start(`server_name: ${name}\n${cluster}`)];
      }),
    );
    const cluster = new LocalNatsCluster(new Map(started));
    await cluster.#ready();
    return cluster;
  }

  /** Of all members, as `host:port`. */
  get servers(): string[] {
    return [...this.members.values()].map(({ port }) => `127.0.0.1:${port}`);
  }

  /** Of all members, in one text. */
  get url(): string {
    return this.servers.join(',');
  }

  /** Stop all servers, and remove their data. */
  async remove(): Promise<void> {
    await Promise.all([...this.members.values()].map((member) => member.remove()));
  }

  async #ready(): Promise<void> {
    const client = await connect({ servers: this.servers });
    const end = performance.now() + leaderMs;
    while (!(await placesStream(client, this.members.size))) {
      if (performance.now() > end) throw new Error('the cluster has no leader');
      await setTimeout(50);
    }
    await client.close();
  }
}

/** Whether a stream with so many replicas can be made now. */
async function placesStream(client: NatsConnection, replicas: number): Promise<boolean> {
  try {
    const { streams } = await jetstreamManager(client, { checkAPI: false, timeout: 1000 });
    await streams.add({ name: probe, subjects: [probe], num_replicas: replicas });
    return await streams.delete(probe);
  } catch {
    return false;
  }
}
