/**
 * The end of a flow, as its threads see it: any thread may say so, the creating one or another after its death.
 */
import { Places } from '../../permits/places.js';
import { Parking } from '../../ring/parking.js';
import { Progress } from '../../ring/progress.js';
import { flowState, LiveSettings } from './live-settings.js';
import type { SharedFlow } from './shared-flow.js';

/** Flushers take nothing more, and all threads that wait on the ring learn that the flow has ended. */
export function stop({ settings, ring }: Pick<SharedFlow, 'settings' | 'ring'>): void {
  new LiveSettings(settings).state = flowState.stopped;
  new Parking(ring).signal();
  const progress = new Progress(ring);
  progress.done.signal();
  progress.room.signal();
}

/**
 * The creating thread has ended, and its flushers with it. A flow that had ended before is as it was. Of a flow with
 * shards, each is to be abandoned, as each has threads of its own that wait.
 */
export function abandon(shared: Pick<SharedFlow, 'settings' | 'ring' | 'limit' | 'threadId'>): void {
  const settings = new LiveSettings(shared.settings);
  if (settings.state === flowState.stopped && !settings.abandoned) return;
  settings.abandoned = true;
  // Of a limit that other flows share they have all permits again.
  if (shared.limit !== undefined) new Places(shared.limit).freeOf(shared.threadId);
  stop(shared);
}
