/**
 * The ways without a second thread. One gathers events in an array and hands it to a handler on the main thread, as
 * OpenTelemetry's batch processors do. The other is the harness alone, which counts events and drops them.
 */
import type { RequestEvent } from '../harness/events.js';
import { Tally } from '../harness/tally.js';
import { handledBy } from './batcher.js';
import type { Way } from './way.js';

export const inProcess: Way = {
  name: 'in-process',
  label: 'array and timer, same thread',
  handledOn: 'the main thread',
  oneProducer: 'nothing is shared between threads',
  async start(options) {
    const tally = new Tally(options.memory);
    // The handler is asynchronous, as an exporter is.
    const batcher = handledBy(options, async (events) => tally.rows(events));
    return Object.assign(batcher, { async end() {} });
  },
};

export const harness: Way = {
  name: 'harness',
  label: 'the harness alone',
  handledOn: 'nowhere',
  oneProducer: 'nothing is shared between threads',
  async start({ memory }) {
    const tally = new Tally(memory);
    let pushed = 0;
    return {
      push(event: RequestEvent) {
        pushed += event.status > 0 ? 1 : 0;
        return true;
      },
      async room() {},
      async settle() {
        tally.count(pushed);
        pushed = 0;
      },
      async end() {},
    };
  },
};
