/**
 * The process exits with rows in the ring: wait for the flushers, which are threads of their own and go on working.
 *
 * Node ends worker threads only after the `exit` listeners of the main thread have returned. So this one keeps the
 * main thread there, up to `drainGraceMs`, while flushers drain the rings of all flows. What needs the main thread
 * meanwhile, such as `onBatch`, cannot work; and a signal that kills the process (SIGKILL, or SIGTERM without a
 * listener) runs no listener.
 */
import { writeSync } from 'node:fs';
import { isMainThread } from 'node:worker_threads';
import { Parking } from '../../ring/parking.js';
import { Progress } from '../../ring/progress.js';
import { flowState, LiveSettings } from '../shared/live-settings.js';
import type { SharedFlow } from '../shared/shared-flow.js';

interface Draining {
  readonly shared: SharedFlow;
  readonly graceMs: number;
  /** Shows what the producers of this thread have gathered. */
  readonly publish: () => void;
}

const flows = new Set<Draining>();

/** Drain this flow at the process's exit, until the returned function is called. */
export function drainAtExit(flow: Draining): () => void {
  // A worker thread may end at any time; the process and the flow's flushers go on.
  if (!isMainThread) return () => {};
  if (flows.size === 0) process.on('exit', onExit);
  flows.add(flow);
  return () => {
    flows.delete(flow);
    if (flows.size === 0) process.off('exit', onExit);
  };
}

function onExit(): void {
  for (const { shared, publish } of flows) {
    publish();
    const settings = new LiveSettings(shared.settings);
    if (settings.state !== flowState.stopped) settings.state = flowState.draining;
    new Parking(shared.ring).signal();
  }
  const now = performance.now();
  for (const { shared, graceMs } of flows) {
    if (new LiveSettings(shared.settings).state === flowState.draining) {
      blockUntilEmpty(new Progress(shared.ring), now + graceMs);
      tellWhatIsLeft(shared);
    }
  }
}

/** Nobody else can any more. Streams are not flushed at an exit. */
function tellWhatIsLeft(shared: SharedFlow): void {
  const { rows } = new Progress(shared.ring).usage();
  if (rows > 0)
    writeSync(2, `flow "${shared.name}": ${rows} row(s) were not committed when the process ended\n`);
}

function blockUntilEmpty(progress: Progress, end: number): void {
  for (
    let left = end - performance.now();
    left > 0 && progress.usage().rows > 0;
    left = end - performance.now()
  ) {
    const epoch = progress.done.announce();
    if (progress.usage().rows > 0) progress.done.wait(epoch, left);
    progress.done.retire();
  }
}
