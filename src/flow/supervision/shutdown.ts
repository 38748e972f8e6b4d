/**
 * How a flow ends: every accepted row is published, every published row is flushed, or a limit comes first.
 */
import { setTimeout as setTimer } from 'node:timers';
import { setTimeout } from 'node:timers/promises';
import { Parking } from '../../ring/parking.js';
import { Progress } from '../../ring/progress.js';
import type { CloseOptions } from '../api/flow.js';
import type { FlowMemory } from '../shared/flow-memory.js';
import { flowState, LiveSettings } from '../shared/live-settings.js';
import { ProducerSlots } from '../shared/producer-slots.js';
import type { SharedFlow } from '../shared/shared-flow.js';
import { stop } from '../shared/stop.js';
import { onAbort } from '../waiting/on-abort.js';
import { until } from '../waiting/until.js';
import { checkClose } from '../waiting/wait-options.js';
import { findDeadProducers } from './attachments.js';
import type { SourceKeeper } from './source-keeper.js';
import type { Supervisor } from './supervisor.js';

/** The parts of a flow that have threads. */
export interface RunningParts {
  readonly supervisor: Supervisor;
  readonly source: SourceKeeper | undefined;
}

/** The time between two searches for dead producers, while active ones are waited for. */
const searchEveryMs = 100;
/** How long flushes in flight may go on after the limit. */
const stopGraceMs = 1000;

/** The longest that a timer can wait; one for longer would fire at once. */
const maxTimerMs = 2 ** 31 - 1;

/**
 * Give up when the time is over or the signal aborts.
 *
 * @returns removes the limit.
 * @throws ConfigError for options that cannot work; the reason of a signal that has aborted.
 */
export function limit(options: CloseOptions, giveUp: () => void): () => void {
  const { signal, timeoutMs = maxTimerMs } = checkClose(options);
  const stopListening = onAbort(signal, giveUp);
  const timer = timeoutMs < maxTimerMs ? setTimer(giveUp, timeoutMs) : undefined;
  return () => {
    clearTimeout(timer);
    stopListening();
  };
}

/**
 * Drain a flow whose state is `closing`, until every flush has ended, and the source, or the limit aborts.
 *
 * @returns whether the flow was drained before the limit.
 */
export async function drain(
  shards: FlowMemory['shards'],
  { supervisor, source }: RunningParts,
  limit: AbortSignal,
): Promise<boolean> {
  const drained = async () => {
    await Promise.all(shards.map((shared) => published(shared, limit)));
    new LiveSettings(shards[0].settings).state = flowState.draining;
    for (const { ring } of shards) new Parking(ring).signal();
    await supervisor.ended;
    // It acknowledges what the last flushes have committed.
    await source?.drained();
  };
  if (!limit.aborted) {
    const limited = new Promise<void>((resolve) => {
      limit.addEventListener('abort', () => resolve(), { once: true });
    });
    try {
      await Promise.race([drained(), limited]);
    } catch (error) {
      if (!limit.aborted) throw error;
    }
  }
  if (!limit.aborted) return true;
  for (const shared of shards) stop(shared);
  supervisor.abort();
  source?.stop();
  const ended = Promise.all([supervisor.ended.catch(() => {}), source?.ended]);
  await Promise.race([ended, setTimeout(stopGraceMs, undefined, { ref: false })]);
  return false;
}

/** Wait until each producer of a ring has published what it has accepted, or is dead. */
async function published(shared: SharedFlow, limit: AbortSignal): Promise<void> {
  const progress = new Progress(shared.ring);
  const slots = new ProducerSlots(shared.slots, shared.maxProducers);
  // Producers that wait for room learn that none will come.
  progress.room.signal();
  progress.done.signal();
  const searching = setInterval(() => findDeadProducers(shared), searchEveryMs);
  await until(progress.done, () => !slots.anyActive, { signal: limit }).finally(() =>
    clearInterval(searching),
  );
}
