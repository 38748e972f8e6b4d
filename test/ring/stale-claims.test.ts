/**
 * A claim that names rows which are gone: it claims nothing, and at no step hides the newer rows of their block.
 * Another thread that did not see them would take still newer rows of their producer first.
 */
import { expect, it } from 'vitest';
import { BlockClaims, type Sighting } from '../../dist/src/ring/block-claims.js';
import { BlockLease } from '../../dist/src/ring/block-lease.js';
import { createRingMemory } from '../../dist/src/ring/layout.js';

const [producer, evictor, flusher] = [1, 2, 11];

/** A ring of one block with rows that a thread has seen, and ways to go on. */
function ringOfOne() {
  const memory = createRingMemory(1, 8);
  const lease = new BlockLease(memory, producer);
  const claims = new BlockClaims(memory, flusher);
  const fill = () => {
    expect(lease.open(0, 0)).toBe(true);
    lease.publish(8, 0);
    lease.seal();
  };
  const survey = () => {
    const found: Sighting[] = [];
    claims.survey(found);
    return found;
  };
  /** The rows are flushed, and the block has newer ones. */
  const reuse = () => {
    const [{ block, ticket }] = survey() as [Sighting];
    expect(claims.tryClaim(block, ticket)).toBe(true);
    claims.taken(block, 8);
    claims.settle(block, 8);
    claims.finish(block);
    fill();
  };
  fill();
  const [stale] = survey() as [Sighting];
  const claim = () => new BlockClaims(memory, evictor).tryClaim(stale.block, stale.ticket);
  return { survey, reuse, claim };
}

/** Run, and let others run before each operation of `Atomics`. */
function stepping<T>(run: () => T, others: (step: number) => void): T {
  const { Atomics: atomics } = globalThis;
  let step = 0;
  globalThis.Atomics = new Proxy(atomics, {
    get: (target, name: keyof Atomics) => {
      const operation = target[name] as (...operands: unknown[]) => unknown;
      return (...operands: unknown[]) => {
        const stepped = globalThis.Atomics;
        globalThis.Atomics = atomics;
        others(step++);
        globalThis.Atomics = stepped;
        return operation(...operands);
      };
    },
  });
  try {
    return run();
  } finally {
    globalThis.Atomics = atomics;
  }
}

it('claims nothing where the block was used again, before it or at any of its steps', () => {
  let steps = 0;
  for (let reusedAt = -1; reusedAt < Math.max(steps, 1); reusedAt++) {
    const { survey, reuse, claim } = ringOfOne();
    let isReused = reusedAt < 0;
    if (isReused) reuse();
    const isClaimed = stepping(claim, (step) => {
      if (step === reusedAt) {
        reuse();
        isReused = true;
      }
      // A thread that looks now sees what the block has.
      expect(survey(), `reused at ${reusedAt}, step ${step}`).toMatchObject([{ waiting: 8 }]);
      steps = Math.max(steps, step + 1);
    });
    expect(isReused).toBe(true);
    expect(isClaimed, `reused at ${reusedAt}`).toBe(false);
    expect(survey()).toMatchObject([{ waiting: 8 }]);
  }
  expect(steps).toBeGreaterThan(2);
});

it('claims what was seen', () => {
  const { survey, claim } = ringOfOne();
  expect(claim()).toBe(true);
  expect(survey()).toEqual([]);
});
