/**
 * A sink that reads batches as it is told, may wait, and counts what it got in shared memory.
 */
import { setTimeout } from 'node:timers/promises';
import { type Batch, defineSink, handler, type SinkRef } from '../src/index.js';
import { checksum, type Request } from './events.js';

export interface CountingOptions {
  /** How the batch is read. */
  readonly read: 'nothing' | 'columns' | 'rows';
  /** How long each write takes, besides. */
  readonly waitMs: number;
  /** Two numbers: rows, and the sum of their checksums. */
  readonly totals: SharedArrayBuffer;
}

/** Name this module as a sink, and get its totals. */
export function countingSink(options: Pick<CountingOptions, 'read' | 'waitMs'>): {
  sink: SinkRef;
  totals: BigInt64Array;
} {
  const totals = new SharedArrayBuffer(16);
  const sink = handler(new URL(import.meta.url), { ...options, totals } satisfies CountingOptions);
  return { sink, totals: new BigInt64Array(totals) };
}

const readers = {
  nothing: () => 0,
  columns({ columns: { status, message }, length }: Batch<typeof Request>) {
    let sum = 0;
    for (let i = 0; i < length; i++) sum += checksum(status[i] as number, message.get(i));
    return sum;
  },
  rows(batch: Batch<typeof Request>) {
    let sum = 0;
    for (const row of batch.rows()) sum += checksum(row.status, row.message);
    return sum;
  },
};

export default defineSink<CountingOptions>(({ read, waitMs, totals }) => {
  const counts = new BigInt64Array(totals);
  return {
    async write(batch: Batch<typeof Request>) {
      const sum = readers[read](batch);
      if (waitMs > 0) await setTimeout(waitMs);
      Atomics.add(counts, 1, BigInt(sum));
      Atomics.add(counts, 0, BigInt(batch.length));
    },
  };
});
