/**
 * The ways into JetStream: flows with this project's sink, which publishes a batch in one message, packed, or each
 * event in one of its own, as JSON.
 */
import { jetstream as clientOf, jetstreamManager } from '@nats-io/jetstream';
import type { NatsConnection } from '@nats-io/transport-node';
import { createBatchFlow, type Flow } from '../../src/index.js';
import { unpack } from '../../src/packed/unpack.js';
import { jetstream } from '../../src/sinks/jetstream/index.js';
import { checksumOf, Request, type RequestEvent } from '../harness/events.js';
import type { Totals } from '../harness/tally.js';
import { intoTable } from '../sql/into-table.js';
import { flowSettings, runningFlow } from '../ways/flow.js';
import type { Way } from '../ways/way.js';
import { one, type Place, serversOf, three, withClient } from './nats-places.js';

const stream = 'BENCH';

/** Delete the stream, if it is there. */
async function clear(client: NatsConnection): Promise<void> {
  const { streams } = await jetstreamManager(client);
  await streams.delete(stream).catch(() => {});
}

/** The totals of all events, which are deleted. */
async function totalsOf(
  place: Place,
  eventsIn: (message: Uint8Array) => readonly RequestEvent[],
): Promise<Totals> {
  return withClient(place, async (client) => {
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

/** How a flow publishes. */
interface Publishing {
  readonly format: 'packed' | 'json';
  /** Batches under way at a time; a batch has one packed message, and each of its events one of JSON. */
  readonly maxConcurrentFlushes: number;
}

function way(name: string, label: string, { format, maxConcurrentFlushes }: Publishing, place: Place): Way {
  const eventsIn = (message: Uint8Array) =>
    format === 'json'
      ? [JSON.parse(Buffer.from(message).toString()) as RequestEvent]
      : (unpack(message).rows() as unknown as RequestEvent[]);
  return {
    name,
    label,
    own: format === 'packed',
    handledOn: 'a worker thread',
    oneProducer: 'measured with one producer only',
    async start(options) {
      await withClient(place, clear);
      const sink = jetstream({
        servers: serversOf(place),
        stream: { name: stream, replicas: place.replicas },
        format,
        ...(format === 'json' && { maxInFlight: 1000 }),
      });
      const settings = { ...flowSettings(options), maxConcurrentFlushes };
      // Room for those that come meanwhile.
      const bufferSize = settings.bufferSize + maxConcurrentFlushes * options.batch;
      const flow = await createBatchFlow({ schema: Request, sink, ...settings, bufferSize });
      return intoTable(runningFlow(flow as unknown as Flow), false, () => totalsOf(place, eventsIn));
    },
  };
}

function waysInto(place: Place, prefix: string) {
  const json = { format: 'json', maxConcurrentFlushes: 1 } as const;
  const packed = (maxConcurrentFlushes: number) => ({ format: 'packed', maxConcurrentFlushes }) as const;
  return {
    variable: place.variable,
    ways: [
      way(`${prefix}-json`, 'BatchFlow Threads, a message an event, 1000 under way', json, place),
      way(`${prefix}-packed`, 'BatchFlow Threads, a packed message a batch', packed(1), place),
      way(`${prefix}-packed-8`, 'the same, 8 batches under way', packed(8), place),
    ],
  } as const;
}

export const oneServer = waysInto(one, 'jetstream');
export const threeServers = waysInto(three, 'cluster');
