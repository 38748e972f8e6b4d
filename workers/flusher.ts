/**
 * The entry of a flusher's thread: opens the sink, runs the flusher, closes the sink.
 */

import { retryBudgetMs } from '../src/flow/delivery/retry.js';
import { loadSink } from '../src/flow/delivery/sink-loader.js';
import { createFlusher } from '../src/flow/flusher/create-flusher.js';
import type { Flusher } from '../src/flow/flusher/flusher.js';
import { keepFreedMemory } from '../src/flow/flusher/kept-memory.js';
import { onBatchSink } from '../src/flow/flusher/on-batch-sink.js';
import { expose, wrap } from '../src/flow/protocol/comlink.js';
import { errorData } from '../src/flow/protocol/error-data.js';
import type { FlusherHost, FlusherResult, FlusherTask } from '../src/flow/protocol/flusher-task.js';
import type { Sink } from '../src/sink.js';

export default async function flush(task: FlusherTask): Promise<FlusherResult> {
  keepFreedMemory();
  const host = wrap<FlusherHost>(task.hostPort);
  const { sink: sinkRef } = task.settings;
  try {
    let sink: Sink;
    let flusher: Flusher;
    let withLetters: Flusher | undefined;
    let what = 'the sink';
    try {
      sink = sinkRef === undefined ? onBatchSink(host as unknown as FlusherHost) : await loadSink(sinkRef);
      flusher = createFlusher(task, sink, host as unknown as FlusherHost);
      what = `the sink of the dead letters, ${task.settings.deadLetters?.module},`;
      await flusher.openDeadLetters();
      withLetters = flusher;
      what = 'the sink';
      const context = {
        flusher: task.flusher,
        options: sinkRef?.options,
        schemas: task.shared.schemas,
        retryBudgetMs: retryBudgetMs(task.settings.retry),
      };
      await sink.open?.(flusher.openContext(context));
    } catch (error) {
      await withLetters?.close().catch(() => {});
      return { notOpened: errorData(error), what };
    }
    expose({ abort: () => flusher.abort() }, task.controlPort);
    await host.ready();
    await flusher.run();
    try {
      await (async () => sink.close?.())().finally(() => flusher.close());
    } catch (error) {
      return { notClosed: errorData(error) };
    }
    return { ended: true };
  } finally {
    task.hostPort.close();
    task.controlPort.close();
  }
}
