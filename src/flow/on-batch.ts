/**
 * `onBatch`: a sink on the creating thread. The flusher's side moves each batch here, waits, and gets what came of it.
 */
import type { Batch } from '../schema/batch.js';
import { buffersOf } from '../schema/batch.js';
import type { Sink } from '../sink.js';
import { transfer } from './comlink.js';
import { type ErrorData, errorData, errorOf } from './error-data.js';
import type { DeliveryAnswer, FlusherHost } from './flusher-task.js';

/** On the creating thread: run the function, and make what it returned or threw fit to be posted. */
export async function runOnBatch(
  onBatch: ((batch: Batch) => unknown) | undefined,
  batch: Batch,
): Promise<DeliveryAnswer> {
  try {
    const failed = ((await onBatch?.(batch)) as { failed?: unknown } | null | undefined)?.failed;
    if (failed === undefined) return {};
    // What makes no sense is told as it is, as far as it can be posted.
    if (!Array.isArray(failed)) return { failed: typeof failed === 'object' ? null : failed };
    return { failed: failed.map((one) => ({ index: one?.index, error: errorData(one?.error) })) };
  } catch (error) {
    return { thrown: errorData(error) };
  }
}

/** In the flusher's thread: the sink that stands for the function. */
export function onBatchSink(host: Pick<FlusherHost, 'deliver'>): Sink {
  return {
    async write(batch, { schema }) {
      const { thrown, failed } = await host.deliver(schema.name, transfer(batch.data, buffersOf(batch.data)));
      if (thrown !== undefined) throw errorOf(thrown);
      if (!Array.isArray(failed)) return failed === undefined ? undefined : { failed };
      return {
        failed: failed.map(({ index, error }: { index: unknown; error: ErrorData }) => ({
          index,
          error: errorOf(error),
        })),
      };
    },
  };
}
