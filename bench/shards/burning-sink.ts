/**
 * A sink that takes CPU for each row, as one that encodes, compresses or encrypts does: it hashes the row's text over
 * and over.
 */
import { createHash } from 'node:crypto';
import { type Batch, defineSink, handler, type SinkRef } from '../../src/index.js';
import type { Request } from '../harness/events.js';

export interface BurningOptions {
  /** Hashes a row. */
  readonly hashes: number;
}

/** A reference to this sink, for a flow. */
export function burningSink(options: BurningOptions): SinkRef {
  return handler(new URL(import.meta.url), options);
}

export default defineSink<BurningOptions>(({ hashes }) => ({
  write(batch: Batch<typeof Request>) {
    const { message } = batch.columns;
    for (let i = 0; i < batch.length; i++) {
      let text = message.get(i);
      for (let n = 0; n < hashes; n++) text = createHash('sha256').update(text).digest('hex');
    }
  },
}));
