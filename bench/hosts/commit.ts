/**
 * The time of a batch's commit in PostgreSQL, each row once by its identity.
 */
import { createBatchFlow } from '../../src/index.js';
import { postgres } from '../../src/sinks/postgres/index.js';
import { poolSize, Request, requests } from '../harness/events.js';
import type { Figures } from '../harness/measuring.js';
import { createRequests, serverUrl } from '../sql/requests-table.js';

export interface CommitTask {
  readonly step: 'commit';
  readonly rows: number;
  readonly ms: number;
}

export async function measureCommit({ rows, ms }: CommitTask): Promise<Figures> {
  await createRequests('identity');
  const sink = postgres({ url: serverUrl(), identityColumn: 'event_id' });
  const flow = await createBatchFlow({ schema: Request, sink, flushSize: rows, bufferSize: 16 * rows });
  const events = requests(poolSize);
  let next = 0;
  const pushFor = async (duration: number) => {
    const first = next;
    const began = performance.now();
    while (performance.now() < began + duration || next % rows > 0) {
      if (flow.push(events[next % poolSize] as (typeof events)[number])) next++;
      else await flow.writable();
    }
    await flow.flush();
    return ((performance.now() - began) * rows) / (next - first);
  };
  await pushFor(ms / 2);
  const messageMs = await pushFor(ms);
  await flow.close();
  return { messageMs, eventsPerSecond: (1000 * rows) / messageMs };
}
