/**
 * The ways of this project: a flow whose sink reads rows, one whose sink reads columns, and one without a schema.
 */
import { attachProducer, createBatchFlow, type Flow, type Producer, type SinkRef } from '../../src/index.js';
import { countingSink } from '../harness/counting-sink.js';
import { Request, type RequestEvent } from '../harness/events.js';
import type { Inlet, Running, Way, WayOptions } from './way.js';

/** The settings of a flow in the benches. The ring holds as many batches as other ways may have in flight. */
export function flowSettings({ batch, intervalMs, inFlight }: WayOptions) {
  return { flushSize: batch, flushIntervalMs: intervalMs, bufferSize: inFlight * batch };
}

/** A running flow as a way. */
export function runningFlow(flow: Flow): Running {
  return {
    push: (event) => flow.push(event),
    room: () => flow.writable(),
    settle: () => flow.flush(),
    second: () => ({ value: flow.handle(), transfer: [] }),
    async end() {
      await flow.close();
    },
  };
}

/** The inlet of a second producer, on its own thread. */
export function attached(value: unknown): Inlet {
  const producer = attachProducer(value as ReturnType<Flow['handle']>) as Producer;
  return {
    push: (event) => producer.push(event as never),
    room: () => producer.writable(),
    // The main thread's `settle` follows, and its flush waits for the rows of all producers.
    settle: async () => producer.publish(),
  };
}

function way(
  name: string,
  label: string,
  create: (sink: SinkRef, settings: ReturnType<typeof flowSettings>) => Promise<Flow>,
  read: 'rows' | 'columns',
): Way {
  return {
    name,
    label,
    own: true,
    handledOn: 'a worker thread',
    async start(options) {
      const sink = countingSink({ read, waitMs: 0, memory: options.memory });
      return runningFlow(await create(sink, flowSettings(options)));
    },
    attach: attached,
  };
}

const typed = async (sink: SinkRef, settings: ReturnType<typeof flowSettings>) =>
  (await createBatchFlow({ schema: Request, sink, ...settings })) as unknown as Flow;
const untyped = async (sink: SinkRef, settings: ReturnType<typeof flowSettings>) =>
  (await createBatchFlow<RequestEvent>({ sink, ...settings })) as unknown as Flow;

export const oursRows = way('ours-rows', 'BatchFlow Threads, rows', typed, 'rows');
export const oursColumns = way('ours-columns', 'BatchFlow Threads, columns', typed, 'columns');
export const oursAny = way('ours-any', 'BatchFlow Threads, no schema', untyped, 'rows');
