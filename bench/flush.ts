/**
 * Sync against async flush mode, with a sink that waits 1 ms for each batch as one on the network would.
 */
import { requests } from './events.js';
import { flowJourney } from './flow-journey.js';
import { measureJourneys, type Suite } from './suite.js';

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
        journeys.push(
          await flowJourney(name, events, { flushSize, ...mode }, { read: 'columns', waitMs: 1 }),
        );
      }
    }
    return measureJourneys(journeys, 5);
  },
};
