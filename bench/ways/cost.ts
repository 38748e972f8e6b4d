/**
 * The cost of a part of a run for this process: time, CPU time of the main thread and of all threads, and the delay of
 * the main thread's event loop.
 */
import { readFileSync } from 'node:fs';
import { monitorEventLoopDelay } from 'node:perf_hooks';

export interface Cost {
  readonly ms: number;
  /** CPU time of the main thread; null where the system has no such figure. */
  readonly mainCpuNs: number | null;
  readonly totalCpuNs: number;
  /** Delay of the event loop, 99th percentile; null when there was no probe, or the part was too short for one. */
  readonly loopDelayMs: number | null;
}

/** Interval of the timer that probes the event loop; it is subtracted from the delay. */
const probeMs = 1;

/**
 * Begin a part of a run, on the main thread.
 *
 * @param probes whether the delay is looked at. The probe costs the main thread 26 to 38 ms of CPU a second: more than
 *   a flow does, where the target is slow.
 * @returns a function that ends the part and returns its cost.
 */
export function startCost(probes = true): () => Cost {
  const delay = monitorEventLoopDelay({ resolution: probeMs });
  if (probes) delay.enable();
  const cpu = process.cpuUsage();
  const main = mainThreadCpuNs();
  const began = performance.now();
  return () => {
    const ms = performance.now() - began;
    const mainEnd = mainThreadCpuNs();
    const { user, system } = process.cpuUsage(cpu);
    delay.disable();
    return {
      ms,
      mainCpuNs: main === null || mainEnd === null ? null : mainEnd - main,
      totalCpuNs: (user + system) * 1000,
      loopDelayMs: delay.count > 0 ? Math.max(0, delay.percentile(99) / 1e6 - probeMs) : null,
    };
  };
}

/** Available from Node 23.9 on. */
const { threadCpuUsage } = process as { threadCpuUsage?: () => NodeJS.CpuUsage };

/** CPU time of the calling thread, which must be the main thread; null where the system has no such figure. */
function mainThreadCpuNs(): number | null {
  if (threadCpuUsage !== undefined) {
    const { user, system } = threadCpuUsage();
    return (user + system) * 1000;
  }
  try {
    // The file has nanoseconds on a CPU, nanoseconds of waiting for one, and the number of time slices.
    return Number(readFileSync(`/proc/self/task/${process.pid}/schedstat`, 'utf8').split(' ')[0]);
  } catch {
    return null;
  }
}
