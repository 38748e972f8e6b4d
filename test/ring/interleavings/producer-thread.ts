/**
 * A producer as the flow has one: opens blocks, publishes rows in parts, seals, and does what a full ring
 * asks for. It may wait until its rows are committed.
 */
import type { BlockClaims, Sighting } from '../../../dist/src/ring/block-claims.js';
import type { EventCount } from '../../../dist/src/ring/event-count.js';
import { control, header, headerAt, isSealed } from '../../../dist/src/ring/layout.js';
import type { Position, Progress } from '../../../dist/src/ring/progress.js';
import type { Plain } from './scenario.js';
import { forever, schemaOf, type TinyRing } from './tiny-ring.js';
import { fate, maxRows, nearHigh, nearWrap, subjectOf } from './witness.js';

export interface ProducerOptions {
  /** For each block, the numbers of rows in it after each publish. */
  readonly blocks: readonly (readonly number[])[];
  /** Leave the last block open. */
  readonly open?: boolean;
  readonly mortal?: boolean;
  /** When the ring is full drop the oldest sealed block, or the rows to be written; else wait for room. */
  readonly evicts?: boolean;
  /** Wait after each publish until the rows are committed. */
  readonly waitsForCommit?: boolean;
  /** Wrong on purpose: publish rows, then write them. */
  readonly publishesEarly?: boolean;
}

/** Add a producer. @returns its number among the threads. */
export function addProducer(ring: TinyRing, id: number, options: ProducerOptions): number {
  const claims = new ring.code.BlockClaims(ring.memory, id);
  const progress = new ring.code.Progress(ring.memory);
  return ring.add({
    name: `producer ${id}`,
    mortal: options.mortal ?? false,
    run: (plain) => produce(plain, ring, id, claims, progress, options),
  });
}

/** Add a thread that waits until all rows are committed that are published when it starts. */
export function addWaiter(ring: TinyRing): number {
  const progress = new ring.code.Progress(ring.memory);
  return ring.add({
    name: 'waiter',
    run: (plain) => {
      // So that it is the running thread when it looks at what was published.
      const published: number[] = [];
      for (let subject = 0; subject < 2 * maxRows; subject++) {
        if (plain.told(subject, fate.published)) published.push(subject);
      }
      for (const position of progress.published()) waitForCommit(progress, position);
      for (const subject of published) {
        if (!plain.told(subject, fate.committed)) throw new Error(`row ${subject} was not waited for`);
      }
    },
  });
}

function produce(
  plain: Plain,
  ring: TinyRing,
  id: number,
  claims: BlockClaims,
  progress: Progress,
  options: ProducerOptions,
): void {
  const lease = new ring.code.BlockLease(ring.memory, id);
  let first = 0;
  options.blocks.forEach((parts, n) => {
    for (;;) {
      const freed = plain.load(control.FREED);
      if (lease.open(schemaOf(id), nearHigh + first)) break;
      if (options.evicts) {
        if (evictOldest(plain, claims)) continue;
        return;
      }
      waitFor(progress.room, () => progress.hasRoom);
      // A block can be seen to be free a moment before `open` is ready to look for it.
      plain.spin(control.FREED, freed);
    }
    let written = 0;
    for (const rows of parts) {
      if (options.publishesEarly) lease.publish(rows, nearWrap);
      for (let row = written; row < rows; row++) ring.write(plain, lease.block, row, id, first + row);
      if (!options.publishesEarly) lease.publish(rows, lease.nothingWaits ? nearWrap : undefined);
      for (; written < rows; written++) {
        if (plain.told(subjectOf(id, first + written), fate.published)) continue;
        throw new Error(`row ${written} is lost: it was written to a block that has been taken away`);
      }
      if (options.waitsForCommit) {
        waitForCommit(progress, { block: lease.block, generation: lease.generation, rows });
        for (let row = 0; row < rows; row++) {
          if (!plain.told(subjectOf(id, first + row), fate.committed))
            throw new Error(`row ${row} is not committed`);
        }
      }
    }
    if (!(options.open && n === options.blocks.length - 1)) lease.seal();
    first += written;
  });
}

/** Drop the oldest sealed block that nobody holds. @returns whether rows were dropped. */
function evictOldest(plain: Plain, claims: BlockClaims): boolean {
  const found: Sighting[] = [];
  claims.survey(found);
  let dropped = false;
  for (const { block, sealed, ticket } of found) {
    if (!sealed || !claims.tryClaim(block, ticket)) continue;
    const published = plain.load(headerAt(block) + header.PUBLISHED);
    if (!isSealed(published)) throw new Error(`block ${block} is dropped while it is being written`);
    const { from, to } = claims.waiting(block, maxRows);
    const { producer, sequence } = claims.origin(block);
    const first = sequence - nearHigh;
    for (let row = from; row < to; row++) plain.tell(subjectOf(producer, first + row), fate.dropped);
    dropped = to > from;
    if (dropped) claims.settle(block, to);
    claims.finish(block);
    if (dropped) break;
  }
  return dropped;
}

function waitForCommit(progress: Progress, position: Position): void {
  while (!progress.isCommitted(position)) waitFor(progress.done, () => progress.isCommitted(position));
}

function waitFor(events: EventCount, condition: () => boolean): void {
  const epoch = events.announce();
  if (!condition()) events.wait(epoch, forever);
  events.retire();
}
