/**
 * The exporter of the log, which the exporting thread loads.
 */
import { writeSync } from 'node:fs';
import { deserialize, serialize } from 'node:v8';
import { functionOf } from '../../../function-source.js';
import { defineExporter } from '../../exporting/exporter.js';
import type { LogSummarySettings } from './options.js';
import { type Counts, countsOf, summaryLine } from './summary.js';

export default defineExporter<LogSummarySettings>(({ to, source }, { memory }) => {
  // A thread's own streams are written by the main thread, which may be blocked or ending.
  const write =
    source === undefined
      ? (line: unknown) => void writeSync(to === 'stdout' ? 1 : 2, `${line}\n`)
      : functionOf(source);
  let before: Counts = memory === undefined ? new Map() : deserialize(memory);
  return {
    async send(snapshot) {
      const now = countsOf(snapshot);
      const line = summaryLine(now, before);
      if (line !== undefined) await write(line);
      // A series that has expired keeps its count, with which it may come back.
      before = new Map([...before, ...now]);
    },
    remember: () => serialize(before),
  };
});
