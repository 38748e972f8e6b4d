/**
 * Measures what a producer costs its thread, or a loop or copy that costs less than any producer can.
 *
 * Chunks of events are pushed into a drained ring, which is emptied after each chunk. Only the pushing is timed.
 */
import type { Schema } from '../../src/index.js';
import { drainedRing } from '../harness/drained-ring.js';
import { poolSize, Request, requests, storedBytes } from '../harness/events.js';
import type { Figures } from '../harness/measuring.js';
import { median } from '../harness/report/statistics.js';
import { copying } from './copying.js';
import { Labels, Numbers, numbersBytes, numbersOf } from './fewer-fields.js';
import { storeNumbers, storeRequests, storeRequestsNumbers } from './floor.js';

export type Way = 'floor' | 'floor-without-texts' | 'push' | 'pushMany' | 'pushColumns';

export interface LimitTask {
  readonly way: Way | 'copy-in' | 'copy-out';
  /** The fields: four numbers; three numbers and two labels; the six fields of all benches. */
  readonly events: 'numbers' | 'labels' | 'request';
  /** Number of events of a chunk, and of rows of a block; 1000 unless given. */
  readonly rows?: number;
  /** Shards by the hash of a column's values, for a producer; one ring unless given. */
  readonly sharding?: { readonly shards: number; readonly key: string };
  /** Size of each copy. */
  readonly bytes?: number;
  /** Duration of the measurement, and of the warm-up before it. */
  readonly ms: number;
}

/** Number of chunks for which the heap is measured. */
const heapReadings = 65;

/** The code that is measured: `take` takes one chunk and is timed; `after` is not. */
interface Subject<E> {
  take(events: readonly E[], chunk: number): void;
  after(): void;
}

export function measure(task: LimitTask): Figures {
  const { rows = 1000 } = task;
  if (task.way === 'copy-in' || task.way === 'copy-out') {
    return copying(task.way === 'copy-in', task.bytes ?? 2 ** 20, task.ms);
  }
  const requestEvents = requests(rows * Math.max(1, Math.floor(poolSize / rows)));
  if (task.events === 'numbers') return time(task, rows, Numbers, requestEvents.map(numbersOf), numbersBytes);
  const withText = task.events === 'request' && task.way !== 'floor-without-texts';
  const bytes = requestEvents.reduce((sum, event) => sum + storedBytes(event, withText), 0);
  const perEvent = bytes / requestEvents.length;
  if (task.events === 'request') return time(task, rows, Request, requestEvents, perEvent);
  return time(
    task,
    rows,
    Labels,
    requestEvents.map(({ message: _, ...event }) => event),
    perEvent,
  );
}

function time<E extends object>(
  task: LimitTask,
  rows: number,
  schema: Schema,
  events: readonly E[],
  bytes: number,
): Figures {
  const chunks = Array.from({ length: events.length / rows }, (_, i) =>
    events.slice(i * rows, (i + 1) * rows),
  );
  const subject = subjectOf<E>(task, schema, chunks, rows);
  const run = (ms: number) => {
    const chunkMs: number[] = [];
    for (const end = performance.now() + ms; performance.now() < end; ) {
      const chunk = chunkMs.length % chunks.length;
      const began = performance.now();
      subject.take(chunks[chunk] as E[], chunk);
      chunkMs.push(performance.now() - began);
      subject.after();
    }
    return chunkMs;
  };
  run(task.ms);
  const chunkMs = run(task.ms);
  const heapBytes = Array.from({ length: heapReadings }, (_, n) => {
    const chunk = n % chunks.length;
    const before = heapUsed();
    subject.take(chunks[chunk] as E[], chunk);
    const taken = heapUsed() - before;
    subject.after();
    return taken;
  });
  const perEvent = (ms: number) => (ms * 1e6) / rows;
  const nsPerEvent = perEvent(chunkMs.reduce((sum, ms) => sum + ms, 0) / chunkMs.length);
  return {
    nsPerEvent,
    typicalNsPerEvent: perEvent(median(chunkMs)),
    eventsPerSecond: 1e9 / nsPerEvent,
    gbPerSecond: bytes / nsPerEvent,
    // The median, since a garbage collection falls on few chunks; without the cost of reading the heap.
    heapBytesPerEvent: Math.max(0, (median(heapBytes) - readingBytes()) / rows),
  };
}

/** Bytes of objects in the heap. */
function heapUsed(): number {
  return process.memoryUsage().heapUsed;
}

/** Bytes that two readings of the heap add to it. */
function readingBytes(): number {
  return median(
    Array.from({ length: 99 }, () => {
      const before = heapUsed();
      return heapUsed() - before;
    }),
  );
}

function subjectOf<E extends object>(
  { way, sharding }: LimitTask,
  schema: Schema,
  chunks: readonly E[][],
  rows: number,
): Subject<E> {
  if (way === 'floor' || way === 'floor-without-texts') {
    const store =
      schema.name === 'numbers'
        ? storeNumbers(rows)
        : schema.name === 'requests' && way === 'floor'
          ? storeRequests(rows)
          : storeRequestsNumbers(rows);
    return { take: store as (events: readonly object[]) => void, after() {} };
  }
  const { producer, drain } = drainedRing(schema, rows, sharding === undefined ? {} : { sharding });
  const whole = (accepted: number) => {
    if (accepted !== rows) throw new Error(`${accepted} of ${rows} were accepted`);
  };
  if (way === 'push') {
    return {
      take(events) {
        for (const event of events) if (!producer.push(event as never)) throw new Error('no room');
      },
      after: drain,
    };
  }
  if (way === 'pushMany')
    return { take: (events) => whole(producer.pushMany(events as never)), after: drain };
  const columns = chunks.map((chunk) => columnsOf(schema, chunk));
  return {
    take: (_, chunk) => whole(producer.pushColumns(columns[chunk] as never, rows)),
    after: drain,
  };
}

/** The events as columns, as a caller has them: typed arrays for numbers, arrays for texts. */
function columnsOf(schema: Schema, events: readonly object[]): object {
  const arrays = { uint16: Uint16Array, uint32: Uint32Array, float64: Float64Array, timestamp: Float64Array };
  return Object.fromEntries(
    Object.entries(schema.columns).map(([name, { type }]) => {
      const values = events.map((event) => (event as Record<string, unknown>)[name]);
      const Typed = arrays[type as keyof typeof arrays];
      return [name, Typed === undefined ? values : Typed.from(values as number[])];
    }),
  );
}
