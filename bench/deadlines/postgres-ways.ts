/**
 * Flows into PostgreSQL, for the lateness of their batches. The processes of measurements inherit the server's address.
 */
import { createBatchFlow, type Flow } from '../../src/index.js';
import { Request } from '../harness/events.js';
import { createRequests, serverUrl } from '../sql/requests-table.js';
import { flowSettings, runningFlow } from '../ways/flow.js';
import type { Way } from '../ways/way.js';
import { notingSink } from './noting-sink.js';

function way(noted: 'received' | 'committed', label: string): Way {
  return {
    name: `postgres-${noted}`,
    label,
    own: true,
    handledOn: 'a worker thread',
    oneProducer: 'measured with one producer only',
    async start(options) {
      await createRequests('none');
      const sink = notingSink({ url: serverUrl(), noted, memory: options.memory });
      const flow = await createBatchFlow({ schema: Request, sink, ...flowSettings(options) });
      return runningFlow(flow as unknown as Flow);
    },
  };
}

export const postgresWays: readonly Way[] = [
  way('received', 'BatchFlow Threads, PostgreSQL: until the sink has the batch'),
  way('committed', 'BatchFlow Threads, PostgreSQL: until it is committed'),
];
