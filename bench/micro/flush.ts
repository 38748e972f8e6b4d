/**
 * Sync and async flush mode, with a sink that waits 1 ms for each batch, as a sink on the network would.
 */
import { createBatchFlow, type FlowSettings } from '../../src/index.js';
import { countingSink } from '../harness/counting-sink.js';
import { checksumOf, Request, type RequestEvent, requests } from '../harness/events.js';
import { createTallyMemory, Tally } from '../harness/tally.js';
import { type Journey, measureJourneys, type Suite } from './suite.js';

const batches = 60;

export const flushModes: Suite = {
  name: 'flow into a sink that waits 1 ms a batch',
  async run() {
    const journeys = [];
    for (const flushSize of [100, 1000, 5000]) {
      const events = requests(batches * flushSize);
      const modes = [
        { flushMode: 'sync' },
        { flushMode: 'async', maxConcurrentFlushes: 1 },
        { flushMode: 'async', maxConcurrentFlushes: 4 },
      ] as const;
      for (const mode of modes) {
        const inFlight = mode.flushMode === 'sync' ? '' : ` × ${mode.maxConcurrentFlushes}`;
        const name = `flushSize ${flushSize}, ${mode.flushMode}${inFlight}`;
        journeys.push(await journey(name, events, { flushSize, ...mode }));
      }
    }
    return measureJourneys(journeys, 5);
  },
};

/** The journey of events through a flow: pushed while there is room, and arrived when they are committed. */
async function journey(
  name: string,
  events: readonly RequestEvent[],
  settings: FlowSettings,
): Promise<Journey> {
  const memory = createTallyMemory();
  const sink = countingSink({ read: 'columns', waitMs: 1, memory });
  const flow = await createBatchFlow({ schema: Request, sink, ...settings });
  let runs = 0;
  return {
    name,
    rows: events.length,
    async run() {
      runs++;
      for (const event of events) while (!flow.push(event)) await flow.writable();
      await flow.flush();
    },
    async end() {
      await flow.close();
      const { rows, sum } = new Tally(memory).totals;
      const expected = runs * events.reduce((total, event) => total + checksumOf(event), 0);
      if (rows !== runs * events.length || sum !== expected) {
        throw new Error(`${name}: ${rows} rows of sum ${sum}, not ${runs * events.length} of ${expected}`);
      }
    },
  };
}
