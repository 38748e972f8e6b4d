/**
 * The process exits with rows in the ring: wait for the flushers, which are threads of their own and go on working.
 *
 * Node ends worker threads only after the `exit` listeners of the main thread have returned. So this listener keeps
 * the main thread there, up to `drainGraceMs`, while flushers drain the rings of all flows. What needs the main thread
 * meanwhile, such as `onBatch`, cannot work. A signal that kills the process (SIGKILL, or SIGTERM without a listener)
 * runs no listener.
 */
import { writeSync } from 'node:fs';
import { isMainThread } from 'node:worker_threads';
import { Parking } from '../../ring/parking.js';
import { Progress } from '../../ring/progress.js';
import { flowState, LiveSettings } from '../shared/live-settings.js';
import type { SharedFlow } from '../shared/shared-flow.js';
import { blockUntil } from '../waiting/block-until.js';

interface Draining {
  readonly shared: SharedFlow;
  readonly graceMs: number;
  /** Publishes what the producers of this thread have gathered. */
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
    if (new LiveSettings(shared.settings).state !== flowState.draining) continue;
    const progress = new Progress(shared.ring);
    blockUntil(progress.done, () => progress.usage().rows === 0, now + graceMs - performance.now());
    reportRemaining(shared.name, progress.usage().rows);
  }
}

/** Nothing else reports them any more. A file descriptor is written to, as streams are not flushed at an exit. */
function reportRemaining(flow: string, rows: number): void {
  if (rows > 0) writeSync(2, `flow "${flow}": ${rows} row(s) were not committed when the process ended\n`);
}
