/**
 * Where streams of benches are: on one server, or on a cluster with a replica on each of its three.
 */
import { connect, type NatsConnection } from '@nats-io/transport-node';

export interface Place {
  /** The variable with the servers' addresses; processes of measurements inherit it. */
  readonly variable: string;
  readonly replicas: number;
}

export const one: Place = { variable: 'BENCH_NATS_SERVERS', replicas: 1 };
export const three: Place = { variable: 'BENCH_NATS_CLUSTER', replicas: 3 };

/** @throws Error when the variable is not set. */
export function serversOf({ variable }: Place): string[] {
  const servers = process.env[variable];
  if (servers === undefined) throw new Error(`${variable} names no server`);
  return servers.split(',');
}

/** Do something with a client. */
export async function withClient<T>(place: Place, use: (client: NatsConnection) => Promise<T>): Promise<T> {
  const client = await connect({ servers: serversOf(place) });
  try {
    return await use(client);
  } finally {
    await client.close();
  }
}
