/**
 * The floor: the sink without the engine. One ready batch is written again and again by one connection, so this is what
 * the encoding, the wire and the server leave to reach.
 */
import { batchOf } from '../../src/index.js';
import { postgres } from '../../src/sinks/postgres/index.js';
import type { PostgresSettings } from '../../src/sinks/postgres/options.js';
import sink from '../../src/sinks/postgres/sink.js';
import { checksumOf, Request, requests } from '../harness/events.js';
import type { Figures } from '../harness/measuring.js';
import { startCost } from '../ways/cost.js';
import { assertTruth, type WayTask } from '../ways/measure-way.js';
import { createRequests, serverUrl, totalsOfRequests } from './requests-table.js';

export const floorName = 'pg-floor';

/** Measure it, and compare what is in the table with what was written. */
export async function measureFloor(task: WayTask): Promise<Figures> {
  const { batch, ms, events: most = Number.POSITIVE_INFINITY } = task;
  await createRequests('none');
  const options = postgres({ url: serverUrl() }).options as PostgresSettings;
  const { open, write, close } = sink.create(options);
  const events = requests(batch);
  const ready = batchOf(Request, events);
  const context = { flusher: 1, options, schema: Request, attempt: 1 } as const;
  const { signal } = new AbortController();
  await open?.({ ...context, schemas: [Request], metrics: undefined as never });
  let written = 0;
  const writeAll = async () => {
    const end = performance.now() + ms;
    const enough = written + most;
    for (; written < enough && performance.now() < end; written += batch) {
      await write(ready, { ...context, signal, metrics: undefined as never });
    }
  };
  await writeAll();
  const before = written;
  const stop = startCost();
  await writeAll();
  const cost = stop();
  await close?.();
  const sum = events.reduce((total, event) => total + checksumOf(event), 0) * (written / batch);
  assertTruth({ name: floorName, handledOn: 'the main thread' }, await totalsOfRequests(), [
    { rows: written, sum },
  ]);
  const rows = written - before;
  return {
    eventsPerSecond: (1000 * rows) / cost.ms,
    mainCpuNsPerEvent: cost.mainCpuNs === null ? null : cost.mainCpuNs / rows,
    totalCpuNsPerEvent: cost.totalCpuNs / rows,
    loopDelayP99Ms: cost.loopDelayMs,
  };
}
