/**
 * How far rows are, read while other threads free their block and open it for others.
 */
import { expect, test } from 'vitest';
import { BlockClaims, type Sighting } from '../../dist/src/ring/block-claims.js';
import { BlockLease } from '../../dist/src/ring/block-lease.js';
import { createRingMemory, header, headerAt } from '../../dist/src/ring/layout.js';
import { Progress } from '../../dist/src/ring/progress.js';
import { meanwhile } from '../fixtures/meanwhile.js';

/** A ring of so many blocks, a producer that fills one, and a flusher that ends its rows. */
function scene(blocks = 1) {
  const memory = createRingMemory(blocks, 8);
  const lease = new BlockLease(memory, 1);
  const fill = (rows: number, sequence: number) => {
    expect(lease.open(0, sequence)).toBe(true);
    lease.publish(rows, 0);
    lease.seal();
  };
  const end = () => {
    const claims = new BlockClaims(memory, 11);
    const found: Sighting[] = [];
    claims.survey(found);
    for (const { block, ticket } of found) {
      expect(claims.tryClaim(block, ticket)).toBe(true);
      const { to } = claims.waiting(block, 100);
      claims.taken(block, to);
      claims.settle(block, to);
      claims.finish(block);
    }
  };
  return { memory, lease, fill, end, progress: new Progress(memory) };
}

test.each(['COMMITTED', 'GENERATION'] as const)(
  'rows have ended when their block is freed and opened for others before a look at its %s',
  (word) => {
    const { fill, end, progress } = scene();
    fill(2, 0);
    const again = () => {
      end();
      fill(3, 2);
    };
    const position = { block: 0, generation: 0, rows: 2 };
    expect(progress.isCommitted(position)).toBe(false);
    const look = () => progress.committedRows(position);
    expect(meanwhile('load', headerAt(0) + header[word], again, look)).toBe(Number.POSITIVE_INFINITY);
  },
);

test('a dead producer had published the rows before its open block, and those in it', () => {
  const { lease, fill, progress } = scene(3);
  fill(4, 0);
  expect(progress.publishedBy(1)).toBe(undefined);
  lease.open(0, 4);
  lease.publish(3, 0);
  expect(progress.publishedBy(1)).toBe(7);
  expect(progress.publishedBy(2)).toBe(undefined);
});

test('positions, waiting rows and free blocks are those of the blocks in use', () => {
  const { lease, fill, end, progress } = scene(3);
  fill(4, 0);
  fill(2, 4);
  expect(progress.published()).toEqual([
    { block: 1, generation: 0, rows: 4 },
    { block: 2, generation: 0, rows: 2 },
  ]);
  lease.open(0, 6);
  lease.publish(1, 0);
  expect(progress.usage()).toEqual({ rows: 7, freeBlocks: 0, sealedBlocks: 2 });
  expect([progress.hasRoom, progress.waiting, progress.total]).toEqual([false, 7, 7]);
  expect(progress.remaining().map(({ block, from, to }) => [block, from, to])).toEqual([
    [1, 0, 4],
    [2, 0, 2],
    [0, 0, 1],
  ]);
  end();
  expect(progress.usage()).toEqual({ rows: 0, freeBlocks: 2, sealedBlocks: 0 });
  expect([progress.hasRoom, progress.published()]).toEqual([true, []]);
});
