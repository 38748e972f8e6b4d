/**
 * A sink that reads batches as it is told, may wait, and counts what it got in a tally.
 */
import { setTimeout } from 'node:timers/promises';
import { type Batch, defineSink, handler, type SinkRef } from '../../src/index.js';
import type { Request } from './events.js';
import { Tally, type TallyMemory } from './tally.js';

export interface CountingOptions {
  /** How a batch is read. */
  readonly read: 'columns' | 'rows';
  /** How long each write takes, besides. */
  readonly waitMs: number;
  readonly memory: TallyMemory;
}

/** Name this module as a sink. */
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
