/**
 * The sink that stands for `onBatch` in a flusher's thread: it moves each batch to the creating thread, waits, and
 * returns or throws what the function there did.
 */
import { buffersOf } from '../../schema/read/batch.js';
import type { Sink } from '../../sink.js';
import { transfer } from '../protocol/comlink.js';
import { errorOf, type ThrownData } from '../protocol/error-data.js';
import type { FlusherHost } from '../protocol/flusher-task.js';

export function onBatchSink(host: Pick<FlusherHost, 'deliver'>): Sink {
  return {
    async write(batch, { schema }) {
      const { thrown, failed, skipped } = await host.deliver(
        schema.name,
        transfer(batch.data, buffersOf(batch.data)),
      );
      if (thrown !== undefined) throw errorOf(thrown);
      if (!Array.isArray(failed)) return { failed, skipped };
      return {
        skipped,
        failed: failed.map(({ index, error }: { index: unknown; error: ThrownData }) => ({
          index,
          error: errorOf(error),
        })),
      };
    },
  };
}
