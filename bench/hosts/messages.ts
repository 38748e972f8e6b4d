/**
 * Streams of the bench, and packed messages in them.
 */
import { jetstream, jetstreamManager } from '@nats-io/jetstream';
import type { NatsConnection } from '@nats-io/transport-node';
import { batchOf } from '../../src/index.js';
import { pack } from '../../src/packed/pack.js';
import { poolSize, Request, requests } from '../harness/events.js';

export const stream = 'HOSTS';

/** The subject of a partition. */
export function subjectOf(partition: number): string {
  return `hosts.requests.${partition}`;
}

/** Make the stream anew. */
export async function makeStream(client: NatsConnection, replicas: number): Promise<void> {
  const { streams } = await jetstreamManager(client);
  await streams.delete(stream).catch(() => {});
  await streams.add({ name: stream, subjects: [subjectOf(0).replace('.0', '.*')], num_replicas: replicas });
}

export async function removeStream(client: NatsConnection): Promise<void> {
  const { streams } = await jetstreamManager(client);
  await streams.delete(stream);
}

/** Some messages of so many rows. */
export function packed(rows: number): Uint8Array[] {
  const events = requests(poolSize);
  return Array.from({ length: Math.max(1, Math.floor(poolSize / rows)) }, (_, i) =>
    pack(batchOf(Request, events.slice(i * rows, (i + 1) * rows))),
  );
}

/**
 * Publish messages, some at a time.
 *
 * @param goesOn says before each whether there is to be one more.
 * @returns how many were stored.
 */
export async function publish(
  client: NatsConnection,
  messages: readonly Uint8Array[],
  underWay: number,
  partitions: number,
  goesOn: (sent: number) => boolean,
): Promise<number> {
  const target = jetstream(client);
  let sent = 0;
  const lane = async () => {
    while (goesOn(sent)) {
      const message = messages[sent % messages.length] as Uint8Array;
      await target.publish(subjectOf(sent++ % partitions), message);
    }
  };
  await Promise.all(Array.from({ length: underWay }, lane));
  return sent;
}
