/**
 * What a stretch of a run costs this process: time, the processor's time of the main thread and of all threads, and
 * how late the main thread's event loop was.
 */
import { readFileSync } from 'node:fs';
import { monitorEventLoopDelay } from 'node:perf_hooks';

export interface Cost {
  readonly ms: number;
  /** Of the main thread; null where the system does not tell. */
  readonly mainCpuNs: number | null;
  readonly totalCpuNs: number;
  /** 99th percentile; null when the stretch was too short for a probe. */
  readonly loopDelayMs: number | null;
}

/** The loop is probed by a timer of this interval, which is no delay. */
const probeMs = 1;

/** Begin; call what it returns at the end. On the main thread. */
export function startCost(): () => Cost {
  const delay = monitorEventLoopDelay({ resolution: probeMs });
  delay.enable();
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

/** Node has it from 23.9 on. */
const { threadCpuUsage } = process as { threadCpuUsage?: () => NodeJS.CpuUsage };

/** Processor time of the calling thread, which is the process's first; null where nobody tells. */
function mainThreadCpuNs(): number | null {
  if (threadCpuUsage !== undefined) {
    const { user, system } = threadCpuUsage();
    return (user + system) * 1000;
  }
  try {
    // Nanoseconds on the processor, nanoseconds of waiting for one, and how often.
    return Number(readFileSync(`/proc/self/task/${process.pid}/schedstat`, 'utf8').split(' ')[0]);
  } catch {
    return null;
  }
}
