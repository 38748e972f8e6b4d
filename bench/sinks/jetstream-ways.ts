/**
 * The ways into JetStream: flows with this project's sink, which publishes a batch in one message, packed, or each
 * event in one of its own, as JSON.
 */
import { jetstream as clientOf, jetstreamManager } from '@nats-io/jetstream';
import { connect, type NatsConnection } from '@nats-io/transport-node';
import { createBatchFlow, type Flow } from '../../src/index.js';
import { unpack } from '../../src/packed/unpack.js';
import { jetstream } from '../../src/sinks/jetstream/index.js';
import { checksumOf, Request, type RequestEvent } from '../harness/events.js';
import type { Totals } from '../harness/tally.js';
import { intoTable } from '../sql/into-table.js';
import { flowSettings, runningFlow } from '../ways/flow.js';
import type { Way } from '../ways/way.js';

/** The variable with the server's address; processes of measurements inherit it. */
export const natsVariable = 'BENCH_NATS_URL';

const stream = 'BENCH';

function natsUrl(): string {
  const url = process.env[natsVariable];
  if (url === undefined) throw new Error(`${natsVariable} names no server`);
  return url;
}

async function withClient<T>(use: (client: NatsConnection) => Promise<T>): Promise<T> {
  const client = await connect({ servers: new URL(natsUrl()).host });
  try {
    return await use(client);
  } finally {
    await client.close();
  }
}

/** Delete the stream, if it is there. */
async function clear(client: NatsConnection): Promise<void> {
  const { streams } = await jetstreamManager(client);
  await streams.delete(stream).catch(() => {});
}

/** The totals of all events, which are deleted. */
async function totalsOf(eventsIn: (message: Uint8Array) => readonly RequestEvent[]): Promise<Totals> {
  return withClient(async (client) => {
    const totals = { rows: 0, sum: 0 };
    const { streams } = await jetstreamManager(client);
    let left = (await streams.info(stream)).state.messages;
    const consumer = await clientOf(client).consumers.get(stream);
    const messages = left === 0 ? [] : await consumer.consume();
    for await (const { data } of messages) {
      for (const event of eventsIn(data)) {
        totals.rows++;
        totals.sum += checksumOf(event);
      }
      left--;
      if (left === 0) break;
    }
    await clear(client);
    return totals;
  });
}

function way(name: string, label: string, format: 'packed' | 'json', own: boolean): Way {
  const eventsIn = (message: Uint8Array) =>
    format === 'json'
      ? [JSON.parse(Buffer.from(message).toString()) as RequestEvent]
      : (unpack(message).rows() as unknown as RequestEvent[]);
  return {
    name,
    label,
    own,
    handledOn: 'a worker thread',
    oneProducer: 'measured with one producer only',
    async start(options) {
      await withClient(clear);
      const sink = jetstream({
        url: natsUrl(),
        stream,
        format,
        ...(format === 'json' && { maxInFlight: 1000 }),
      });
      const flow = await createBatchFlow({ schema: Request, sink, ...flowSettings(options) });
      return intoTable(runningFlow(flow as unknown as Flow), false, () => totalsOf(eventsIn));
    },
  };
}

export const jetStreamWays: readonly Way[] = [
  way('jetstream-json', 'BatchFlow Threads, a message an event', 'json', false),
  way('jetstream-packed', 'BatchFlow Threads, a packed message a batch', 'packed', true),
];
