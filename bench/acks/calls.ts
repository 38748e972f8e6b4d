/**
 * Measures the calls that a request handler can wait for: what each costs the main thread, with many under way at a
 * time and nothing else to do.
 */
import type { Flow } from '../../src/index.js';
import { type Request, requests } from '../harness/events.js';
import type { Figures } from '../harness/measuring.js';
import { startCost } from '../ways/cost.js';
import { withStoredFlow } from './stored-flow.js';

export interface CallsTask {
  readonly call: keyof typeof calls;
  /** Number of calls under way. */
  readonly underWay: number;
  readonly ms: number;
}

type Events = Flow<typeof Request>;
type Event = Parameters<Events['push']>[0];

export const calls = {
  write: (flow: Events, event: Event) => flow.write(event),
  committed: (flow: Events, event: Event) => {
    const since = flow.position();
    if (!flow.push(event)) throw new Error('no room for a few events');
    return flow.committed({ since });
  },
  send: (flow: Events, event: Event) => flow.send(event),
};

const pool = requests(4096);

export function measure({ call, underWay, ms }: CallsTask): Promise<Figures> {
  return withStoredFlow(async (flow) => {
    const run = async (forMs: number) => {
      let made = 0;
      const end = performance.now() + forMs;
      await Promise.all(
        Array.from({ length: underWay }, async () => {
          while (performance.now() < end) {
            await calls[call](flow, pool[made++ & 4095] as Event);
            // A handler comes once a turn of the event loop.
            await new Promise(setImmediate);
          }
        }),
      );
      return made;
    };
    await run(ms / 2);
    const end = startCost();
    const made = await run(ms);
    const { mainCpuNs, ms: took } = end();
    return {
      requestsPerSecond: (made / took) * 1000,
      mainCpuNsPerEvent: mainCpuNs === null ? null : mainCpuNs / made,
    };
  });
}
