/**
 * The work of the exporting thread: all exporters of a collector, until each has sent its last.
 */
import type { MessagePort } from 'node:worker_threads';
import { messageOf } from '../../describe.js';
import { SeriesReader } from '../series/series-reader.js';
import { ExportControl } from './export-control.js';
import { ExportLoop } from './export-loop.js';
import type { CloseMessage, ExportMessage, ExportTask } from './export-task.js';
import { loadExporter } from './exporter-loader.js';
import { KeptBytes } from './kept-bytes.js';

/** Resolves when all have ended. Says over the port that they work, or why they cannot. */
export async function runExporters(task: ExportTask, port: MessagePort): Promise<void> {
  const say = (message: ExportMessage) => port.postMessage(message);
  const loops: ExportLoop[] = [];
  let closeWithinMs: number | undefined;
  port.on('message', (message: CloseMessage) => {
    closeWithinMs = message.closeWithinMs;
    for (const loop of loops) loop.close(closeWithinMs);
  });
  try {
    const { kept, made } = await makeLoops(task, say);
    loops.push(...made);
    say({ type: 'ready', kept });
  } catch (error) {
    say({ type: 'broken', message: messageOf(error) });
    port.close();
    return;
  }
  // The collector may have closed meanwhile.
  if (closeWithinMs !== undefined) for (const loop of loops) loop.close(closeWithinMs);
  await Promise.all(loops.map((loop) => loop.run()));
  port.close();
}

async function makeLoops(task: ExportTask, say: (message: ExportMessage) => void) {
  const { collector, compress, timeoutMs } = task;
  const reader = new SeriesReader(task.series);
  const control = new ExportControl(task.control);
  const made = await Promise.all(
    task.exporters.map(async (ref, exporter) => {
      const before = task.kept[exporter];
      const memory = before && new KeptBytes(before).read();
      const target = await loadExporter(ref, { compress, memory });
      const kept = target.remember === undefined ? undefined : (before ?? KeptBytes.create());
      const loop = new ExportLoop(target, {
        ...{ exporter, collector, intervalMs: ref.intervalMs, timeoutMs, control },
        read: () => reader.read(Date.now()),
        kept: kept && new KeptBytes(kept),
        onFailure: (message) => say({ type: 'failure', exporter, message }),
      });
      return { loop, kept };
    }),
  );
  return { kept: made.map(({ kept }) => kept), made: made.map(({ loop }) => loop) };
}
