/**
 * What a flow must not have left when it has ended and all of its producers have: slots that are taken, open blocks,
 * sleepers that no thread is, permits that no flusher has.
 */
import { DeathWatch } from '../../src/flow/liveness/death-watch.js';
import type { FlowMemory } from '../../src/flow/shared/flow-memory.js';
import { ProducerSlots } from '../../src/flow/shared/producer-slots.js';
import type { SharedFlow } from '../../src/flow/shared/shared-flow.js';
import { ownMark, unknownThread } from '../../src/flow/shared/thread-mark.js';
import type { FlowHandle } from '../../src/index.js';
import { Places } from '../../src/permits/places.js';
import { control, wordsOf } from '../../src/ring/layout.js';
import { Progress } from '../../src/ring/progress.js';

/** @param deaths how many threads died: each may have left one announcement on each event count. */
export function leftovers(handle: FlowHandle, deaths: number): string[] {
  if (ownMark() === unknownThread) return [];
  const { shards } = handle['~flow'] as FlowMemory;
  return shards.flatMap((shared) => leftoversOf(shared, deaths));
}

function leftoversOf(shared: SharedFlow, deaths: number): string[] {
  // As the next thread would that attaches.
  new DeathWatch(shared).look();
  const left: string[] = [];
  const held = [...new ProducerSlots(shared.slots, shared.maxProducers).held()].map(({ slot }) => slot);
  if (held.length > 0) left.push(`slots ${held} are taken`);
  const { freeBlocks, sealedBlocks } = new Progress(shared.ring).usage();
  const open = shared.ring.blocks - freeBlocks - sealedBlocks;
  if (open > 0) left.push(`${open} blocks are open`);
  for (const events of ['WORK', 'ROOM', 'ROOMY', 'DONE'] as const) {
    const sleepers = wordsOf(shared.ring)[control[events] + 1] as number;
    if (sleepers < 0 || sleepers > deaths) left.push(`${sleepers} sleepers on ${events}`);
  }
  const { held: permits, waiting } = shared.limit
    ? new Places(shared.limit).usage()
    : { held: 0, waiting: 0 };
  if (permits + waiting > 0) left.push(`${permits} permits are held, ${waiting} flushers wait for one`);
  return left;
}
