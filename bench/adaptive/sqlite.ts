/**
 * A tuned flow into a real SQLite file, beside fixed settings: all that it takes, and a steady load.
 */
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { createBatchFlow, type FlowConfig } from '../../src/index.js';
import { sqlite } from '../../src/sinks/sqlite/index.js';
import { Request, requests } from '../harness/events.js';
import { begin, ranges } from './scenes.js';
import type { Outcome, Settings, Step } from './simulation.js';

/** @param perSecond undefined: as many rows as the sink takes. @param fixed undefined: tuned. */
export async function run(
  folder: string,
  ms: number,
  perSecond: number | undefined,
  fixed?: Settings,
): Promise<Outcome> {
  const events = requests(4096);
  const own = fixed ?? { ...begin, adaptive: ranges };
  const sink = sqlite({ file: join(folder, `${process.hrtime.bigint()}.db`), synchronous: 'normal' });
  const flow = await createBatchFlow({ schema: Request, sink, bufferSize: 320_000, ...own } as FlowConfig<
    typeof Request
  >);
  const ends: { at: number; ms: number; rows: number }[] = [];
  const steps: Step[] = [];
  const began = performance.now();
  flow.on('flush', ({ rows, waitedMs, durationMs }) => {
    ends.push({ at: performance.now() - began, ms: waitedMs + durationMs, rows });
  });
  let pushed = 0;
  let seen = { at: 0, rows: 0 };
  for (let at = 0; at < ms; at = performance.now() - began) {
    if (at - seen.at > 250) {
      const rows = flow.stats().committed;
      const { flushSize, flushIntervalMs } = flow.settings();
      const rowsPerSecond = ((rows - seen.rows) / (at - seen.at)) * 1000;
      steps.push({ flushSize, flushIntervalMs, atMs: at, rowsPerSecond });
      seen = { at, rows };
    }
    const due = perSecond === undefined ? 4096 : Math.floor((at / 1000) * perSecond) - pushed;
    let full = false;
    for (let n = 0; n < due && !full; n++) {
      full = !flow.push(events[pushed % events.length] as (typeof events)[number]);
      if (!full) pushed++;
    }
    if (full) await flow.writable();
    else if (perSecond !== undefined) await setTimeout(1);
  }
  // Of the second half, as the tuner needs a while.
  const late = ends.filter((end) => end.at > ms / 2 && end.at <= ms).sort((a, b) => a.ms - b.ms);
  const rows = late.reduce((sum, end) => sum + end.rows, 0);
  let rank = 0.95 * rows;
  const p95 = late.find((end) => {
    rank -= end.rows;
    return rank <= 0;
  });
  await flow.destroy();
  return { rowsPerSecond: (rows / (ms / 2)) * 1000, p95Ms: p95?.ms ?? 0, steps };
}
