/**
 * The leader's times: to store a message on its replicas, and to give it to a worker and note the acknowledgement.
 */
import { jetstream, jetstreamManager } from '@nats-io/jetstream';
import type { Figures } from '../harness/measuring.js';
import { one, three, withClient } from '../sinks/nats-places.js';
import { makeStream, packed, publish, removeStream, stream } from './messages.js';

export interface LeaderTask {
  readonly step: 'publish' | 'deliver';
  readonly replicas: 1 | 3;
  readonly rows: number;
  /** Messages that are under way at a time. */
  readonly underWay: number;
  readonly ms: number;
}

export function measureLeader(task: LeaderTask): Promise<Figures> {
  const { replicas, rows, underWay, ms } = task;
  return withClient(replicas === 1 ? one : three, async (client) => {
    await makeStream(client, replicas);
    const messages = packed(rows);
    const publishFor = async (until: number) => {
      const began = performance.now();
      const sent = await publish(client, messages, underWay, 1, () => performance.now() < began + until);
      return (performance.now() - began) / sent;
    };
    await publishFor(ms / 4);
    let messageMs = await publishFor(ms);
    if (task.step === 'deliver') messageMs = await deliver(client);
    await removeStream(client);
    return { messageMs, eventsPerSecond: (1000 * rows) / messageMs };
  });
}

/** Take all that is in the stream. @returns the time for one message. */
async function deliver(client: Parameters<typeof makeStream>[0]): Promise<number> {
  const { consumers, streams } = await jetstreamManager(client);
  const { messages } = (await streams.info(stream)).state;
  const name = 'taker';
  await consumers.add(stream, { durable_name: name, ack_policy: 'explicit', max_ack_pending: 10_000 });
  const consumer = await jetstream(client).consumers.get(stream, name);
  const began = performance.now();
  let left = messages;
  for await (const message of await consumer.consume({ max_messages: 64 })) {
    message.ack();
    left--;
    if (left === 0) break;
  }
  while ((await consumer.info()).num_ack_pending > 0);
  return (performance.now() - began) / messages;
}
