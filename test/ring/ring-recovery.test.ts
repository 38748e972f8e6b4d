/**
 * What a ring remembers of claimers that died with rows of it, so that rows that kill are found by halving.
 */
import { describe, expect, it } from 'vitest';
import { BlockClaims, type Sighting } from '../../dist/src/ring/block-claims.js';
import { BlockLease } from '../../dist/src/ring/block-lease.js';
import {
  control,
  createRingMemory,
  header,
  headerAt,
  type RingMemory,
  wordsOf,
} from '../../dist/src/ring/layout.js';
import { releaseClaims, sealBlocks } from '../../dist/src/ring/recovery.js';
import { meanwhile } from '../fixtures/meanwhile.js';
import { dieEverywhere } from '../fixtures/mortal.js';

const producer = 1;
const flusher = 11;
const all = Number.MAX_SAFE_INTEGER;

/** A ring whose producer has filled and sealed blocks with so many rows each. */
function ringOf(...rows: number[]): RingMemory {
  const memory = createRingMemory(rows.length, 8);
  const lease = new BlockLease(memory, producer);
  for (const count of rows) fill(lease, count);
  return memory;
}

function fill(lease: BlockLease, rows: number): void {
  expect(lease.open(0, 0)).toBe(true);
  lease.publish(rows, 0);
  lease.seal();
}

/** The oldest block with waiting rows. */
function oldest(memory: RingMemory): Sighting {
  const found: Sighting[] = [];
  new BlockClaims(memory, flusher).survey(found);
  return found[0] as Sighting;
}

/** Claim the oldest waiting block and take up to `room` rows of it. */
function take(memory: RingMemory, room = all, id = flusher) {
  const claims = new BlockClaims(memory, id);
  const { block, ticket } = oldest(memory);
  expect(claims.tryClaim(block, ticket)).toBe(true);
  const suspicion = claims.suspicion(block);
  const { from, to } = claims.waiting(block, room);
  claims.taken(block, to);
  return { claims, block, from, to, suspicion };
}

/** What the next claimer is told of the oldest block's rows. */
function told(memory: RingMemory) {
  const { claims, block, suspicion } = take(memory);
  claims.finish(block);
  return suspicion;
}

/** A flusher takes rows, settles the first of them, and dies. */
function die(memory: RingMemory, room = all, settled = 0): void {
  const { claims, block, from } = take(memory, room);
  if (settled > 0) claims.settle(block, from + settled);
  releaseClaims(memory, flusher);
}

/** A flusher takes rows, and settles them. */
function succeed(memory: RingMemory, room = all): void {
  const { claims, block, to } = take(memory, room);
  claims.settle(block, to);
  claims.finish(block);
}

function dies(): never {
  throw new Error('it died');
}

describe('a block whose claimers die', () => {
  it('should tell of half of the rows that were in flight, down to none for one that was alone', () => {
    const memory = ringOf(8);
    for (let n = 0; n < 3; n++) die(memory);
    expect(told(memory)).toEqual({ deaths: 3, half: 4 });
    die(memory, 4);
    expect(told(memory)).toEqual({ deaths: 4, half: 2 });
    die(memory, 2);
    expect(told(memory)).toEqual({ deaths: 5, half: 1 });
    die(memory, 1);
    expect(told(memory)).toEqual({ deaths: 6, half: 0 });
  });

  it('should count only rows that were not settled', () => {
    const memory = ringOf(8);
    die(memory, all, 3);
    expect(take(memory)).toMatchObject({ from: 3, to: 8, suspicion: { deaths: 1, half: 2 } });
  });

  it('should go on with as few rows when some of them do no harm', () => {
    const memory = ringOf(8);
    die(memory);
    succeed(memory, 4);
    expect(told(memory)).toEqual({ deaths: 1, half: 4 });
    die(memory, 4);
    expect(told(memory)).toEqual({ deaths: 2, half: 2 });
  });

  it('should try the rows behind a condemned one, one by one', () => {
    const memory = ringOf(8);
    die(memory);
    die(memory, 1);
    expect(told(memory)).toEqual({ deaths: 2, half: 0 });
    succeed(memory, 1);
    expect(told(memory)).toEqual({ deaths: 2, half: 1 });
  });

  it('should forget the deaths when the last row is settled that was in flight at one', () => {
    const memory = ringOf(8);
    die(memory, 4);
    succeed(memory, 3);
    expect(told(memory).deaths).toBe(1);
    succeed(memory, 1);
    expect(told(memory).deaths).toBe(0);
    die(memory, 2);
    expect(told(memory)).toEqual({ deaths: 1, half: 1 });
    succeed(memory, 2);
    expect(told(memory).deaths).toBe(0);
  });

  it('should not forget suspects when fewer rows are in flight at a later death', () => {
    const memory = ringOf(8);
    die(memory);
    die(memory, 2);
    succeed(memory, 2);
    expect(told(memory).deaths).toBe(2);
  });

  it('should start without deaths when it is opened again', () => {
    const memory = ringOf(2);
    die(memory);
    succeed(memory);
    fill(new BlockLease(memory, producer), 2);
    expect(told(memory).deaths).toBe(0);
  });

  it('should keep the claims of others', () => {
    const memory = ringOf(2, 2);
    const mine = take(memory, all, 12);
    const dead = take(memory);
    expect(releaseClaims(memory, flusher)).toBe(2);
    expect(oldest(memory)).toMatchObject({ block: dead.block, waiting: 2, deaths: 1 });
    expect(mine.claims.suspicion(mine.block).deaths).toBe(0);
    mine.claims.settle(mine.block, mine.to);
    mine.claims.finish(mine.block);
    expect(wordsOf(memory)[headerAt(mine.block) + header.OWNER]).toBe(0);
  });

  it('should count a death once, however often it is cleaned up', () => {
    const memory = ringOf(2);
    take(memory);
    expect([releaseClaims(memory, flusher), releaseClaims(memory, flusher)]).toEqual([2, 0]);
    sealBlocks(memory, producer);
    sealBlocks(memory, producer);
    expect(told(memory)).toEqual({ deaths: 1, half: 1 });
  });

  it('should count no death for who had only claimed it', () => {
    const memory = ringOf(2);
    const { block, ticket } = oldest(memory);
    expect(new BlockClaims(memory, flusher).tryClaim(block, ticket)).toBe(true);
    expect(releaseClaims(memory, flusher)).toBe(0);
    expect(told(memory).deaths).toBe(0);
  });

  it('should count no death for other rows when it was freed and opened again under the claim', () => {
    const memory = ringOf(2);
    succeed(memory);
    // It died between freeing the block and letting it go, and the producer was quicker than the supervisor.
    wordsOf(memory)[headerAt(0) + header.CLAIM] = flusher;
    fill(new BlockLease(memory, producer), 2);
    expect(releaseClaims(memory, flusher)).toBe(0);
    expect(told(memory).deaths).toBe(0);
  });

  it('should be found by a producer that waits for room when it was freed and not counted', () => {
    const memory = ringOf(2);
    const waiting = new BlockLease(memory, 2);
    expect(waiting.open(0, 0)).toBe(false);
    const { claims, block, to } = take(memory);
    claims.settle(block, to);
    // It frees the block, and dies before it counts that.
    expect(() => meanwhile('add', control.FREED, dies, () => claims.finish(block))).toThrow('it died');
    expect(waiting.open(0, 0)).toBe(false);
    releaseClaims(memory, flusher);
    expect(waiting.open(0, 0)).toBe(true);
  });

  it('should not condemn a row that had company in another block', () => {
    const memory = ringOf(1, 1);
    take(memory);
    take(memory);
    expect(releaseClaims(memory, flusher)).toBe(2);
    expect(told(memory)).toEqual({ deaths: 1, half: 1 });
    die(memory);
    expect(told(memory)).toEqual({ deaths: 2, half: 0 });
  });

  it('should not condemn the row behind a condemned one, wherever the claimer dies that settles that', async () => {
    const steps = await dieEverywhere((thread) => {
      const memory = ringOf(4);
      die(memory);
      die(memory, 1);
      expect(told(memory)).toEqual({ deaths: 2, half: 0 });
      const { claims, block } = take(memory, 1);
      const lived = thread.live(() => {
        claims.settle(block, 1);
        claims.finish(block);
      });
      releaseClaims(memory, flusher);
      const next = take(memory, 1);
      if (next.from === 1) expect(next.suspicion.half).toBe(1);
      return lived;
    });
    expect(steps).toBeGreaterThan(5);
  });

  it('should not hold the death of settled rows against those behind, wherever the claimer dies', async () => {
    const steps = await dieEverywhere((thread) => {
      const memory = ringOf(2);
      die(memory, 1);
      const { claims, block } = take(memory, 1);
      const lived = thread.live(() => {
        claims.settle(block, 1);
        claims.finish(block);
      });
      releaseClaims(memory, flusher);
      const next = take(memory);
      if (next.from === 1) expect(next.suspicion.deaths).toBe(0);
      return lived;
    });
    expect(steps).toBeGreaterThan(5);
  });
});
