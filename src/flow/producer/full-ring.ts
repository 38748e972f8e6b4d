/**
 * What `push` does when no block is free, or too many rows wait: one function for each value of `onFull`.
 * `BlockWriter.find` calls it.
 */
import type { OnFull } from '../api/settings.js';
import { DeathWatch } from '../liveness/death-watch.js';
import type { SharedFlow } from '../shared/shared-flow.js';
import { Eviction } from './eviction.js';
import type { ProducerViews } from './producer-views.js';
import type { Room } from './room.js';

/**
 * Called for a row that finds no free block, or the high watermark reached.
 *
 * @param hasPlace whether the producer's own block takes rows: then the watermark is all that is in the way.
 * @returns undefined when another look for a block is worth it; otherwise what `push` returns.
 * @throws FlowClosedError
 */
export type WhenFull = (hasPlace: boolean) => boolean | undefined;

interface FullRing extends ProducerViews {
  readonly shared: SharedFlow;
  readonly room: Room;
}

const policies: Record<OnFull, (ring: FullRing) => WhenFull> = {
  reject,
  block,
  'drop-newest': dropNewest,
  'drop-oldest': dropOldest,
};

/** Of so many calls one reads the clock, which costs as much as a refusal. */
const callsPerClockReading = 32;

/** The policy of a flow, for one producer. The blocks of dead producers come back before it applies. */
export function whenFull(shared: SharedFlow, views: ProducerViews, room: Room): WhenFull {
  const policy = policies[shared.onFull]({ ...views, shared, room });
  const deaths = new DeathWatch(shared);
  let calls = 0;
  return (hasPlace) => {
    if (calls++ % callsPerClockReading !== 0 || !deaths.lookIfDue()) return policy(hasPlace);
    views.slot.assertTakes();
    return undefined;
  };
}

/** The caller keeps the row. */
function reject({ counters }: FullRing): WhenFull {
  return () => {
    counters.add('rejected', 1);
    return false;
  };
}

/** The thread waits for room; after `blockTimeoutMs` the caller keeps the row. */
function block(ring: FullRing): WhenFull {
  const { slot, progress, room, watermark } = ring;
  const rejected = reject(ring);
  const isBelow = () => {
    slot.assertTakes();
    return watermark?.isReached !== true;
  };
  const hasRoom = () => isBelow() && progress.hasRoom;
  return (hasPlace) => (room.block(hasPlace ? isBelow : hasRoom) ? undefined : rejected(hasPlace));
}

/** The row counts as accepted and as dropped. */
function dropNewest({ slot, counters }: FullRing): WhenFull {
  return () => {
    counters.add('accepted', 1);
    counters.add('droppedNewest', 1);
    slot.drop();
    return true;
  };
}

/** The oldest sealed block is dropped; the row itself, where flushers hold every sealed block. */
function dropOldest(ring: FullRing): WhenFull {
  const { shared, slot, counters } = ring;
  const eviction = new Eviction(shared, slot.number, counters);
  const dropped = dropNewest(ring);
  return (hasPlace) => {
    // The closing thread waits for this, too: what is dropped is counted before the end.
    slot.activate();
    const made = eviction.evictOldest();
    slot.deactivate();
    return made ? undefined : dropped(hasPlace);
  };
}
