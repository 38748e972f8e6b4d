/**
 * A sink that counts the events of its batches in a tally. It reads rows or columns, and may wait for each batch.
 */
import { setTimeout } from 'node:timers/promises';
import { type Batch, defineSink, handler, type SinkRef } from '../../src/index.js';
import type { Request } from './events.js';
import { Tally, type TallyMemory } from './tally.js';

export interface CountingOptions {
  /** Form in which a batch is read. */
  readonly read: 'columns' | 'rows';
  /** Pause of each write after the counting. */
  readonly waitMs: number;
  readonly memory: TallyMemory;
}

/** A reference to this sink, for a flow. */
export function countingSink(options: CountingOptions): SinkRef {
  return handler(new URL(import.meta.url), options);
}

export default defineSink<CountingOptions>(({ read, waitMs, memory }) => {
  const tally = new Tally(memory);
  return {
    write(batch: Batch<typeof Request>) {
      if (read === 'columns') tally.columns(batch);
      else tally.batch(batch);
      return waitMs > 0 ? setTimeout(waitMs) : undefined;
    },
  };
});
