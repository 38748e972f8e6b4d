/**
 * The scenarios: what is pushed, how the sink behaves, and which setting shows what happens then.
 *
 * Each runs for some seconds, and until it has been scraped several times.
 */
import type { FlowSettings } from '../../dist/src/index.js';
import type { SqliteOptions } from '../../dist/src/sinks/sqlite/index.js';
import type { Schedule } from './scheduled-sink.js';
import type { Source } from './source.js';

export interface Scenario {
  /** Also its `test_name`. */
  readonly name: string;
  readonly about: string;
  readonly settings?: FlowSettings;
  /** Of the sink; default: store at once. */
  readonly schedule?: Schedule;
  readonly sqlite?: Partial<SqliteOptions>;
  /** Rows that share an id with the one before: every so many-th. They are deduplicated. */
  readonly repeat?: number;
  /** Its samples have no `test_name`, but a `worker`. */
  readonly unlabelled?: true;
  /** It blocks this thread: it runs when the others have ended. */
  readonly alone?: true;
  produce(source: Source): Promise<void>;
}

const runMs = 3500;

/** 8 blocks, filled three times as fast as the sink empties them. */
const smallRing: FlowSettings = { flushSize: 100, bufferSize: 800, flushIntervalMs: 50 };
const slow: Schedule = async ({ pause, store }) => {
  await pause(80);
  await store();
};

export const scenarios: readonly Scenario[] = [
  {
    name: 'steady',
    about: '2000 events a second, far below what SQLite takes.',
    settings: { flushSize: 200, flushIntervalMs: 50 },
    produce: (source) => source.steadily(2000, runMs),
  },
  {
    name: 'burst',
    about: '4000 events at once, then a pause, again and again.',
    produce: (source) => source.every(700, runMs, () => void source.push(4000)),
  },
  {
    name: 'slow-sink',
    about: 'Each write takes 700 ms, so deadlines pass while the flusher is busy.',
    settings: { flushIntervalMs: 50, concurrencyLimit: 2 },
    schedule: async ({ pause, store }) => {
      await pause(700);
      await store();
    },
    produce: (source) => source.steadily(250, runMs),
  },
  {
    name: 'outage',
    about: 'Some writes pass at their second attempt; then the target is down, and up again. Dead letters.',
    settings: {
      flushSize: 100,
      flushIntervalMs: 50,
      retry: { maxAttempts: 2, backoffMs: 10, maxBackoffMs: 20 },
      circuit: { failures: 3, coolDownMs: 1000 },
    },
    schedule: async ({ n, attempt, store, fail }) => {
      if (n <= 15 && n % 3 === 0 && attempt === 1) throw fail('not now', 'retry');
      if (n > 20 && n <= 28) throw fail('the target is down', 'retry');
      await store();
    },
    produce: (source) => source.steadily(1000, runMs),
  },
  {
    name: 'bad-rows',
    about: 'Every other row is refused for good. No dead letters, and nobody reads the errors.',
    settings: { flushSize: 100, flushIntervalMs: 50, deadLetters: false },
    schedule: async ({ batch, store, fail }) => {
      const rows = batch.rows() as { id: number }[];
      const bad = ({ id }: { id: number }) => id % 2 === 1;
      await store(rows.filter((row) => !bad(row)));
      const failed = rows.flatMap((row, index) =>
        bad(row) ? [{ index, error: fail(`no room for ${row.id}`, 'fatal') }] : [],
      );
      return { failed };
    },
    produce: (source) => source.steadily(1500, runMs),
  },
  {
    name: 'dying-flusher',
    about: "Flushers' threads die in the middle of a write: before the rows are stored, and right after.",
    settings: { flushSize: 100, flushIntervalMs: 50, flushers: 2 },
    // Rows that were stored when the thread died come again, and are stored once.
    sqlite: { conflictColumns: ['id'], conflict: 'ignore' },
    schedule: async ({ n, store, die }) => {
      if ([3, 9, 15].includes(n)) die();
      const answer = await store();
      if ([6, 12].includes(n)) die();
      return answer;
    },
    produce: (source) => source.steadily(1000, runMs),
  },
  {
    name: 'duplicates',
    about: 'Each third row has the id of the one before it.',
    settings: { flushSize: 200, flushIntervalMs: 50 },
    repeat: 3,
    produce: (source) => source.steadily(1000, runMs),
  },
  {
    name: 'ring-full-reject',
    about: 'The sink is too slow; the producer waits with writable() whenever a push is refused.',
    settings: smallRing,
    schedule: slow,
    async produce(source) {
      await source.every(5, runMs, async () => {
        if (!source.push(50)) await source.flow.writable();
      });
    },
  },
  {
    name: 'ring-full-block',
    about: 'The sink is too slow; a producer thread blocks until there is room.',
    settings: { ...smallRing, onFull: 'block' },
    schedule: slow,
    produce: (source) => source.onThread(runMs),
  },
  {
    name: 'ring-full-drop-newest',
    about: 'The sink is too slow; what comes then is dropped.',
    settings: { ...smallRing, onFull: 'drop-newest' },
    schedule: slow,
    produce: (source) => source.steadily(4000, runMs),
  },
  {
    name: 'ring-full-drop-oldest',
    about: 'The sink is too slow; the oldest rows are dropped.',
    settings: { ...smallRing, onFull: 'drop-oldest' },
    schedule: slow,
    produce: (source) => source.steadily(4000, runMs),
  },
  {
    name: 'unlabelled',
    about: 'Samples without a test_name, one for each flusher.',
    settings: { flushSize: 100, flushers: 2 },
    unlabelled: true,
    produce: (source) => source.steadily(500, runMs),
  },
  {
    name: 'blocked-main',
    about: 'The thread that made the flow is blocked for 250 of every 400 ms; flushers need nothing of it.',
    settings: { flushIntervalMs: 50 },
    alone: true,
    produce: (source) =>
      source.every(150, runMs, () => {
        source.push(300);
        source.flow.publish();
        Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 250);
      }),
  },
];
