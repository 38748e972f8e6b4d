/**
 * The commit of one request's events, in parts where there are many.
 */
import { expect, test, vi } from 'vitest';
import { FlushError, WaitTimeoutError } from '../../dist/src/errors.js';
import type { RowRange } from '../../dist/src/index.js';
import { CommitWait } from '../../dist/src/server/commit-wait.js';

function setUp(committed: (since: number) => Promise<void> = async () => {}) {
  let sequence = 0;
  const producer = {
    position: () => ({ sequence, dropped: 0, logged: 0, storedBefore: 0 }),
    duplicatesAtTarget: vi.fn((): RowRange[] | undefined => []),
    committed: vi.fn(({ since }: { since: { sequence: number } }) => committed(since.sequence)),
  };
  const commit = new CommitWait({
    producer,
    ackTimeoutMs: 1000,
    maxRejected: 3,
    tellDuplicates: true,
  } as never);
  /** Accept the events of these lines. */
  const accept = (...lines: number[]) => lines.forEach((line) => void commit.add(line, sequence++));
  return { commit, accept, producer };
}

const givenUp = (...rows: number[]) =>
  new FlushError('a', rows.length, {
    failed: rows.map((first) => ({ first, count: 1, deadLettered: false, message: 'no' })),
  });

test('is full by the number of runs, not of lines, and empty again when they are settled', async () => {
  const { commit, accept, producer } = setUp();
  for (let line = 1; line <= 100_000; line++) accept(line);
  expect(commit.isFull).toBe(false);
  let runs = 1;
  for (; !commit.isFull; runs++) accept(100_000 + 2 * runs);
  expect(runs).toBeLessThan(10_000);
  await commit.settle();
  expect(commit.isFull).toBe(false);
  accept(200_000);
  await commit.settle();
  // Each part waits for what came since the one before.
  expect(producer.committed.mock.calls.map(([{ since }]) => since.sequence)).toEqual([0, 100_000 + runs - 1]);
});

test('counts the lines that the target had in all parts, and none where one part cannot tell', async () => {
  const { commit, accept, producer } = setUp();
  accept(1, 2, 5);
  // Of another request, behind these.
  producer.duplicatesAtTarget.mockReturnValueOnce([
    { first: 1, count: 1 },
    { first: 2, count: 9 },
  ]);
  await commit.settle();
  expect(commit.duplicates).toBe(2);
  accept(7, 8);
  producer.duplicatesAtTarget.mockReturnValueOnce([{ first: 0, count: 2 }]);
  await commit.settle();
  expect(commit.duplicates).toBe(4);
  producer.duplicatesAtTarget.mockReturnValueOnce(undefined);
  await commit.settle();
  await commit.settle();
  expect(commit.duplicates).toBeUndefined();
});

test('names what was given up in each part, and lists no more than it may', async () => {
  const parts = [givenUp(1), undefined, givenUp(0, 2, 3)];
  const { commit, accept } = setUp(async () => {
    const error = parts.shift();
    if (error !== undefined) throw error;
  });
  accept(1, 2, 3);
  await commit.settle();
  accept(5);
  await commit.settle();
  accept(7, 9, 11, 12);
  await commit.settle();
  expect([commit.failedCount, commit.failed.map(({ line }) => line)]).toEqual([4, [2, 7, 11]]);
});

test('that is lost once stays lost', async () => {
  for (const [error, fault] of [
    [new WaitTimeoutError('late'), { status: 504, code: 'commit_timeout' }],
    [new FlushError('a', 2, { failed: givenUp(0).failed }), { status: 500, code: 'not_committed' }],
  ] as const) {
    const { commit, accept, producer } = setUp(() => Promise.reject(error));
    accept(1, 2);
    await expect(commit.settle()).rejects.toMatchObject(fault);
    await expect(commit.settle()).rejects.toMatchObject(fault);
    expect(producer.committed).toHaveBeenCalledTimes(1);
    expect(commit.failedCount).toBe(0);
  }
});
