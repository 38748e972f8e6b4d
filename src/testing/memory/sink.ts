/**
 * The memory sink as a flusher loads it: it stores batches in shared memory, waits while held, and fails on demand.
 */

import type { Batch } from '../../schema/read/batch.js';
import { defineSink, type WriteContext, type WriteResult } from '../../sink.js';
import { errorOf, type PostedFailure } from './failure.js';
import { AskedFailures, type SharedBatches, StoredBatches, word, wordsOf } from './shared-batches.js';
import { type PostedBatch, postedBatch } from './stored-batch.js';

export default defineSink((shared: SharedBatches) => {
  const words = wordsOf(shared);
  const failures = new AskedFailures(shared);
  const stored = new StoredBatches(shared);

  const storeOrFail = (batch: Batch, context: WriteContext): WriteResult | undefined => {
    const failure = failures.take() as PostedFailure | undefined;
    const bad = failure?.rows?.filter((row) => row < batch.length);
    if (failure !== undefined && bad === undefined) throw errorOf(failure);
    const kept = postedBatch(batch, context, new Set(bad));
    if (kept.data.length > 0) store(kept);
    if (failure === undefined || bad === undefined || bad.length === 0) return undefined;
    return { failed: bad.map((index) => ({ index, error: errorOf(failure) })) };
  };

  const store = (batch: PostedBatch) => {
    if (!stored.add(batch)) throw new Error('the memory sink is full: raise its maxBytes');
    Atomics.add(words, word.storedRows, batch.data.length);
    Atomics.notify(words, word.storedRows);
  };

  const untilReleased = async (signal: AbortSignal) => {
    Atomics.add(words, word.waiting, 1);
    Atomics.notify(words, word.waiting);
    try {
      while (Atomics.load(words, word.held) === 1) {
        signal.throwIfAborted();
        // Bounded, so that an abort is seen.
        const waiting = Atomics.waitAsync(words, word.held, 1, 20);
        if (waiting.async) await waiting.value;
      }
    } finally {
      Atomics.sub(words, word.waiting, 1);
    }
  };

  return {
    open: () => void Atomics.add(words, word.opened, 1),
    write(batch: Batch, context) {
      Atomics.add(words, word.attempts, 1);
      if (Atomics.load(words, word.held) === 0) return storeOrFail(batch, context);
      return untilReleased(context.signal).then(() => storeOrFail(batch, context));
    },
    close: () => void Atomics.add(words, word.closed, 1),
  };
});
