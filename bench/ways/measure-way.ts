/**
 * One measurement of one way, in a process of its own: at full speed, or at a fixed rate. It fails unless the handler
 * counted exactly what was pushed.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Figures } from '../harness/measuring.js';
import { percentile } from '../harness/report/statistics.js';
import { clockMs, createTallyMemory, Tally, type Totals } from '../harness/tally.js';
import { startCost } from './cost.js';
import { pushAll, Schedule, truth } from './drive.js';
import { type ProducerStep, startSecondProducer } from './second-producer.js';
import type { Way, WayOptions } from './way.js';

export interface WayTask {
  /** The way's name. */
  readonly way: string;
  readonly batch: number;
  readonly producers: 1 | 2;
  readonly intervalMs: number;
  readonly inFlight: number;
  /** Duration at full speed; the warm-up before it lasts as long. */
  readonly ms: number;
  /** Most events of each producer, in the warm-up, too. */
  readonly events?: number;
  /** Whether the event loop's delay is measured in a part of its own, so that the probe's CPU is in no other figure. */
  readonly probesApart?: boolean;
  /** Events a second after the warm-up, in place of full speed. */
  readonly perSecond?: number;
}

/**
 * Measure one of some ways.
 *
 * @param producerThread the file of a second producer's thread; needed where one of the ways takes a second producer.
 * @throws Error when no way has the task's name, or when events were lost or changed.
 */
export async function measureWay(
  ways: readonly Way[],
  task: WayTask,
  producerThread?: URL,
): Promise<Figures> {
  const way = ways.find(({ name }) => name === task.way);
  if (way === undefined) throw new Error(`no way named ${task.way}`);
  const folder = mkdtempSync(join(tmpdir(), 'batchflow-bench-'));
  try {
    if (task.perSecond !== undefined) return await atFixedRate(way, task, task.perSecond, folder);
    return await atFullSpeed(way, task, folder, producerThread);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

async function atFullSpeed(
  way: Way,
  task: WayTask,
  folder: string,
  producerThread: URL | undefined,
): Promise<Figures> {
  const memory = createTallyMemory();
  const options: WayOptions = { ...task, memory, folder };
  const before = process.memoryUsage.rss();
  const running = await way.start(options);
  const second =
    task.producers === 2 ? await startSecondProducer(way, running, options, producerThread) : undefined;
  const push = async (step: ProducerStep) => {
    const other = second?.push(step);
    const own = await pushAll(running, step.from, step);
    const pushed = { own, other: (await other) ?? 0 };
    await running.settle();
    return pushed;
  };
  const { ms, events = Number.POSITIVE_INFINITY, batch, probesApart = false } = task;
  const first = await push({ from: 0, ms, events, multipleOf: batch });
  const from = first.own + first.other;
  const stop = startCost(!probesApart);
  const { own, other } = await push({ from, ms, events, multipleOf: batch });
  const cost = stop();
  const afterwards = from + own + other;
  const stopProbe = startCost(probesApart);
  const probed = probesApart
    ? await push({ from: afterwards, ms: ms / 2, events, multipleOf: batch })
    : { own: 0, other: 0 };
  const { loopDelayMs } = probesApart ? stopProbe() : cost;
  // Read before the end, since what is handled later was not measured.
  const { totals } = new Tally(memory);
  const { maxRSS } = process.resourceUsage();
  await second?.end();
  assertTruth(way, (await running.end()) ?? totals, [
    truth(0, first.own),
    truth(0, first.other),
    truth(from, own),
    truth(from, other),
    truth(afterwards, probed.own),
    truth(afterwards, probed.other),
  ]);
  return {
    eventsPerSecond: (1000 * (own + other)) / cost.ms,
    mainCpuNsPerEvent: perEvent(cost.mainCpuNs, own),
    totalCpuNsPerEvent: perEvent(cost.totalCpuNs, own + other),
    loopDelayP99Ms: loopDelayMs,
    peakMemoryMb: maxRSS / 1024,
    memoryBeforeMb: before / 2 ** 20,
  };
}

async function atFixedRate(way: Way, task: WayTask, perSecond: number, folder: string): Promise<Figures> {
  const schedule = new Schedule(perSecond, Math.ceil((perSecond * task.ms) / 1000));
  const memory = createTallyMemory(schedule.count);
  const tally = new Tally(memory);
  const running = await way.start({ ...task, memory, folder });
  // At full speed: at the rate alone, code would be compiled while it is measured.
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

/**
 * Compare the handler's totals with what was pushed.
 *
 * @throws Error when they differ.
 */
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
