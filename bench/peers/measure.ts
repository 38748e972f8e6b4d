/**
 * One measurement of one way, for a process of its own. Totals that are not the truth are an error.
 */
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import type { Figures } from '../harness/measuring.js';
import { percentile } from '../harness/report/statistics.js';
import { clockMs, createTallyMemory, Tally, type Totals } from '../harness/tally.js';
import { sqliteWays } from '../sqlite/ways.js';
import { startCost } from './cost.js';
import { pushAll, Schedule, truth } from './drive.js';
import type { ProducerData, ProducerStep } from './producer-thread.js';
import type { Running, Way, WayOptions } from './way.js';
import { peerWays } from './ways.js';

/** Every way that can be measured so, by name. */
export const allWays: ReadonlyMap<string, Way> = new Map(
  [...peerWays, ...sqliteWays].map((way) => [way.name, way]),
);

export interface Task {
  readonly way: string;
  readonly batch: number;
  readonly producers: 1 | 2;
  readonly intervalMs: number;
  readonly inFlight: number;
  /** As fast as it goes, for so long; a warm-up before it lasts as long. */
  readonly ms: number;
  /** … or until so many events of each producer, in the warm-up, too. */
  readonly events?: number;
  /** Instead, after the warm-up: at this rate of events a second. */
  readonly perSecond?: number;
}

export async function measure(task: Task): Promise<Figures> {
  const way = allWays.get(task.way);
  if (way === undefined) throw new Error(`no way named ${task.way}`);
  const folder = mkdtempSync(join(tmpdir(), 'batchflow-bench-'));
  try {
    return await (task.perSecond === undefined ? atFullSpeed : atFixedRate)(way, task, folder);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

async function atFullSpeed(way: Way, task: Task, folder: string): Promise<Figures> {
  const memory = createTallyMemory();
  const options: WayOptions = { ...task, memory, folder };
  const before = process.memoryUsage.rss();
  const running = await way.start(options);
  const second = task.producers === 2 ? await startSecond(way, running, options) : undefined;
  const push = async (step: ProducerStep) => {
    const other = second?.push(step);
    const own = await pushAll(running, step.from, step);
    const pushed = { own, other: (await other) ?? 0 };
    await running.settle();
    return pushed;
  };
  const { ms, events = Number.POSITIVE_INFINITY, batch } = task;
  const first = await push({ from: 0, ms, events, multipleOf: batch });
  const from = first.own + first.other;
  const stop = startCost();
  const { own, other } = await push({ from, ms, events, multipleOf: batch });
  const cost = stop();
  // As of now: what is handled later was not measured.
  const { totals } = new Tally(memory);
  const { maxRSS } = process.resourceUsage();
  await second?.end();
  assertTruth(way, (await running.end()) ?? totals, [
    truth(0, first.own),
    truth(0, first.other),
    truth(from, own),
    truth(from, other),
  ]);
  return {
    eventsPerSecond: (1000 * (own + other)) / cost.ms,
    mainCpuNsPerEvent: perEvent(cost.mainCpuNs, own),
    totalCpuNsPerEvent: perEvent(cost.totalCpuNs, own + other),
    loopDelayP99Ms: cost.loopDelayMs,
    peakMemoryMb: maxRSS / 1024,
    memoryBeforeMb: before / 2 ** 20,
  };
}

async function atFixedRate(way: Way, task: Task, folder: string): Promise<Figures> {
  const perSecond = task.perSecond as number;
  const schedule = new Schedule(perSecond, Math.ceil((perSecond * task.ms) / 1000));
  const memory = createTallyMemory(schedule.count);
  const tally = new Tally(memory);
  const running = await way.start({ ...task, memory, folder });
  // At full speed: at the rate alone, code would be compiled in the midst of the measurement.
  const { ms, events = Number.POSITIVE_INFINITY, batch } = task;
  const warmUp = await pushAll(running, 0, { ms, events, multipleOf: batch });
  await running.settle();
  const origin = clockMs() + 5;
  tally.origin = origin;
  const stop = startCost();
  await schedule.push(running, origin);
  await running.settle();
  const cost = stop();
  const { totals } = tally;
  assertTruth(way, (await running.end()) ?? totals, [truth(0, warmUp), schedule.truth()]);
  const delays = Float64Array.from(tally.delays).sort();
  const late = (p: number) => (delays.length > 0 ? percentile(delays, p) : null);
  return {
    delayP50Ms: late(50),
    delayP99Ms: late(99),
    delayMaxMs: late(100),
    mainCpuNsPerEvent: perEvent(cost.mainCpuNs, schedule.count),
    totalCpuNsPerEvent: perEvent(cost.totalCpuNs, schedule.count),
    loopDelayP99Ms: cost.loopDelayMs,
  };
}

const perEvent = (ns: number | null, events: number) => (ns === null ? null : ns / events);

/** @throws when the handler did not get exactly what was pushed. */
export function assertTruth(
  way: Pick<Way, 'name' | 'handledOn'>,
  totals: Totals,
  parts: readonly Totals[],
): void {
  const rows = parts.reduce((sum, part) => sum + part.rows, 0);
  const sum = way.handledOn === 'nowhere' ? 0 : parts.reduce((total, part) => total + part.sum, 0);
  if (totals.rows === rows && totals.sum === sum) return;
  throw new Error(
    `${way.name}: handled ${totals.rows} events of sum ${totals.sum}; pushed were ${rows} of ${sum}`,
  );
}

/** A second producer, on a thread of its own. */
async function startSecond(way: Way, running: Running, options: WayOptions) {
  const second = running.second?.();
  if (second === undefined) throw new Error(`${way.name} takes no second producer: ${way.oneProducer}`);
  const workerData: ProducerData = { way: way.name, value: second.value, options };
  const worker = new Worker(new URL('./producer-thread.js', import.meta.url), {
    workerData,
    transferList: second.transfer,
  });
  await once(worker, 'message');
  return {
    async push(step: ProducerStep): Promise<number> {
      worker.postMessage(step);
      const [pushed] = await once(worker, 'message');
      return pushed;
    },
    end: () => worker.terminate(),
  };
}
