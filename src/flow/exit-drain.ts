/**
 * The process exits with rows in the ring: wait for the flushers, which are threads of their own and go on working.
 *
 * Node ends worker threads only after the `exit` listeners of the main thread have returned. So this one keeps the
 * main thread there, up to `drainGraceMs`, while flushers drain the ring. What needs the main thread meanwhile, such
 * as `onBatch`, cannot work; and a signal that kills the process (SIGKILL, or SIGTERM without a listener) runs no
 * listener.
 */
import { isMainThread } from 'node:worker_threads';
import { Parking } from '../ring/parking.js';
import { Progress } from '../ring/progress.js';
import { flowState, LiveSettings } from './live-settings.js';
import type { SharedFlow } from './shared.js';

/**
 * Drain at the process's exit, until the returned function is called.
 *
 * @param publish shows what the producers of this thread have gathered.
 */
export function drainAtExit(shared: SharedFlow, graceMs: number, publish: () => void): () => void {
  // A worker thread may end at any time; the process and the flow's flushers go on.
  if (!isMainThread) return () => {};
  const onExit = () => {
    publish();
    const settings = new LiveSettings(shared.settings);
    if (settings.state === flowState.stopped) return;
    settings.state = flowState.draining;
    new Parking(shared.ring).signal();
    blockUntilEmpty(new Progress(shared.ring), graceMs);
  };
  process.on('exit', onExit);
  return () => void process.off('exit', onExit);
}

function blockUntilEmpty(progress: Progress, graceMs: number): void {
  const end = performance.now() + graceMs;
  for (let left = graceMs; left > 0 && progress.usage().rows > 0; left = end - performance.now()) {
    const epoch = progress.done.announce();
    if (progress.usage().rows > 0) progress.done.wait(epoch, left);
    progress.done.retire();
  }
}
