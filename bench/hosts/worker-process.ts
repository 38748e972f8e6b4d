/**
 * A worker of the bench, in a process of its own: from the stream into a sink that waits.
 */
import { createBatchFlow } from '../../src/index.js';
import { jetstream } from '../../src/sources/jetstream/index.js';
import { countingSink } from '../harness/counting-sink.js';
import { Request } from '../harness/events.js';
import { createTallyMemory, Tally } from '../harness/tally.js';
import { serversOf, three } from '../sinks/nats-places.js';
import { stream, subjectOf } from './messages.js';

export interface WorkerSettings {
  readonly rows: number;
  /** The wait of the sink for each batch. */
  readonly waitMs: number;
  /** One message of a partition under way at a time. */
  readonly ordered: boolean;
  readonly partitions: number;
}

/** What it says at its end. */
export interface WorkerReport {
  readonly rows: number;
  readonly cpuNs: number;
}

const { rows, waitMs, ordered, partitions } = JSON.parse(process.argv[2] as string) as WorkerSettings;
const memory = createTallyMemory();
const flow = await createBatchFlow({
  schema: Request,
  source: jetstream({
    ...{ servers: serversOf(three), stream, consumer: 'workers', ordered },
    ...{ partitions: ordered ? partitions : 1, subject: subjectOf(0).replace('0', '{partition}') },
  }),
  sink: countingSink({ read: 'columns', waitMs, memory }),
  ...{ flushSize: rows, bufferSize: 64 * rows, flushIntervalMs: 20 },
  deadLetters: false,
  onGivenUp: 'drop',
});
const before = process.cpuUsage();
process.on('message', async () => {
  const { user, system } = process.cpuUsage(before);
  const report: WorkerReport = { rows: new Tally(memory).totals.rows, cpuNs: 1000 * (user + system) };
  await flow.close();
  process.send?.(report, () => process.disconnect());
});
process.send?.('ready');
