/**
 * Ways to move the same events to one other thread, each with at most 8 batches of 1000 in flight.
 */
import { requests } from './events.js';
import { flowJourney } from './flow-journey.js';
import { messageJourney } from './message-journey.js';
import { measureJourneys, type Suite } from './suite.js';

const batchSize = 1000;
const inFlight = 8;

export const ways: Suite = {
  name: 'ways to another thread, six fields',
  async run() {
    const events = requests(300_000);
    const settings = { flushSize: batchSize, bufferSize: inFlight * batchSize };
    return measureJourneys(
      [
        messageJourney('postMessage, arrays of 1000', events, batchSize, inFlight),
        await flowJourney('flow, sink reads rows', events, settings, { read: 'rows', waitMs: 0 }),
        await flowJourney('flow, sink reads columns', events, settings, { read: 'columns', waitMs: 0 }),
      ],
      9,
    );
  },
};
