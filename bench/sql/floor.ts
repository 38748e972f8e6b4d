/**
 * The floors: sinks without the engine. One ready batch is encoded and written again and again, one write at a time by
 * one connection, as a flow does it by default. So this is what the encoding, the wire and the server leave to reach.
 * A floor copies no rows out of a ring, its batch stays in the processor's caches, and no producer needs a processor.
 */
import { type Batch, batchOf, type Schema, type Sink, type SinkRef } from '../../src/index.js';
import { mysql } from '../../src/sinks/mysql/index.js';
import mysqlSink from '../../src/sinks/mysql/sink.js';
import { postgres } from '../../src/sinks/postgres/index.js';
import postgresSink from '../../src/sinks/postgres/sink.js';
import { checksumOf, Request, requests } from '../harness/events.js';
import type { Figures } from '../harness/measuring.js';
import type { Totals } from '../harness/tally.js';
import { startCost } from '../ways/cost.js';
import { assertTruth, type WayTask } from '../ways/measure-way.js';
import { createNumbered, mariadbUrl, NumberedRequest, totalsOfNumbered } from './mariadb-table.js';
import { createRequests, serverUrl, totalsOfRequests } from './requests-table.js';

interface Floor {
  readonly schema: Schema;
  readonly sink: { create(options: never): Sink<never> };
  ref(): SinkRef;
  create(): Promise<void>;
  totals(): Promise<Totals>;
  /** Give a batch's rows keys that no row has. */
  renumber?(batch: Batch, from: number): void;
}

const floors: Readonly<Record<string, Floor>> = {
  'pg-floor': {
    schema: Request,
    sink: postgresSink,
    ref: () => postgres({ url: serverUrl() }),
    create: () => createRequests('none'),
    totals: totalsOfRequests,
  },
  'mariadb-floor': {
    schema: NumberedRequest,
    sink: mysqlSink,
    ref: () => mysql({ url: mariadbUrl() }),
    create: createNumbered,
    totals: totalsOfNumbered,
    renumber(batch, from) {
      const ids = batch.columns.id as Uint32Array;
      for (let i = 0; i < ids.length; i++) ids[i] = from + i;
    },
  },
};

export const floorNames: readonly string[] = Object.keys(floors);

/** Measure one, and compare what is in the table with what was written. */
export async function measureFloor(task: WayTask): Promise<Figures> {
  const { batch, ms, events: most = Number.POSITIVE_INFINITY } = task;
  const { schema, sink, ref, create, totals, renumber } = floors[task.way] as Floor;
  await create();
  const options = ref().options as never;
  const { open, write, close } = sink.create(options);
  const events = requests(batch);
  const keyed = renumber === undefined ? events : events.map((event, id) => ({ id, ...event }));
  const ready = batchOf(schema, keyed as never[]);
  const context = { flusher: 1, options, schema, attempt: 1 } as const;
  const { signal } = new AbortController();
  await open?.({ ...context, schemas: [schema], metrics: undefined as never });
  let written = 0;
  const writeAll = async () => {
    const end = performance.now() + ms;
    const enough = written + most;
    for (; written < enough && performance.now() < end; written += batch) {
      renumber?.(ready, written);
      await write(ready, { ...context, signal, metrics: undefined as never });
    }
  };
  await writeAll();
  const before = written;
  const { probesApart = false } = task;
  const stop = startCost(!probesApart);
  await writeAll();
  const cost = stop();
  const rows = written - before;
  const stopProbe = startCost(probesApart);
  if (probesApart) await writeAll();
  const { loopDelayMs } = probesApart ? stopProbe() : cost;
  await close?.();
  const sum = events.reduce((total, event) => total + checksumOf(event), 0) * (written / batch);
  assertTruth({ name: task.way, handledOn: 'the main thread' }, await totals(), [{ rows: written, sum }]);
  return {
    eventsPerSecond: (1000 * rows) / cost.ms,
    mainCpuNsPerEvent: cost.mainCpuNs === null ? null : cost.mainCpuNs / rows,
    totalCpuNsPerEvent: cost.totalCpuNs / rows,
    loopDelayP99Ms: loopDelayMs,
  };
}
