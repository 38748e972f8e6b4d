/**
 * Runs `onBatch` on the creating thread, and turns what it returned or threw into data that can be posted. The
 * flusher's side is `flusher/on-batch-sink.ts`.
 */
import type { Batch } from '../schema/read/batch.js';
import { thrownData } from './protocol/error-data.js';
import type { DeliveryAnswer } from './protocol/flusher-task.js';

export async function runOnBatch(
  onBatch: ((batch: Batch) => unknown) | undefined,
  batch: Batch,
): Promise<DeliveryAnswer> {
  try {
    const answer = (await onBatch?.(batch)) as { failed?: unknown; skipped?: unknown } | null | undefined;
    const failed = answer?.failed;
    const skipped = postable(answer?.skipped);
    if (failed === undefined) return skipped;
    // An answer that makes no sense is posted as it is, as far as it can be.
    if (!Array.isArray(failed)) return { failed: typeof failed === 'object' ? null : failed };
    return {
      ...skipped,
      failed: failed.map((one) => ({ index: one?.index, error: thrownData(one?.error) })),
    };
  } catch (error) {
    return { thrown: thrownData(error) };
  }
}

function postable(skipped: unknown): Pick<DeliveryAnswer, 'skipped'> {
  if (skipped === undefined) return {};
  const isNumber = (value: unknown) => typeof value === 'number';
  const isPostable = isNumber(skipped) || (Array.isArray(skipped) && skipped.every(isNumber));
  return { skipped: isPostable ? skipped : null };
}
