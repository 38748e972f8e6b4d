/**
 * Events through a real flow to a counting sink: pushed while there is room, arrived when they are committed.
 */
import { createBatchFlow, type FlowSettings } from '../src/index.js';
import { type CountingOptions, countingSink } from './counting-sink.js';
import { checksum, Request, type RequestEvent } from './events.js';
import type { Journey } from './suite.js';

export async function flowJourney(
  name: string,
  events: readonly RequestEvent[],
  settings: FlowSettings,
  options: Pick<CountingOptions, 'read' | 'waitMs'>,
): Promise<Journey> {
  const { sink, totals } = countingSink(options);
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
      const sum = events.reduce((total, { status, message }) => total + checksum(status, message), 0);
      const expected = [runs * events.length, options.read === 'nothing' ? 0 : runs * sum];
      if (String(totals) !== String(expected)) {
        throw new Error(`${name}: counted ${totals}, not ${expected}`);
      }
    },
  };
}
