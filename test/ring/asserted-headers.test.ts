/**
 * The assertions of the ring: each finds the damage that it is for, in every thread of the tests, and is off elsewhere.
 */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { expect, onTestFinished, test } from 'vitest';
import { createBatchFlow, defineSchema, handler, t } from '../../dist/src/index.js';
import { AssertedHeaders } from '../../dist/src/ring/asserted-headers.js';
import { BlockClaims, type Sighting } from '../../dist/src/ring/block-claims.js';
import { BlockLease } from '../../dist/src/ring/block-lease.js';
import {
  createRingMemory,
  header,
  headerAt,
  maxRowsPerBlock,
  sealed,
  wordsOf,
} from '../../dist/src/ring/layout.js';
import { releaseClaims } from '../../dist/src/ring/recovery.js';

const producer = 1;
const flusher = 11;
const other = 99;

type Words = Partial<Record<keyof typeof header, number>>;

/** A ring of one block with four published rows, which a flusher has claimed; it has taken three and settled two. */
function ringInUse() {
  const memory = createRingMemory(1, 64);
  const lease = new BlockLease(memory, producer);
  lease.open(0, 0);
  lease.publish(4, 0);
  const claims = new BlockClaims(memory, flusher);
  const found: Sighting[] = [];
  claims.survey(found);
  claims.tryClaim(0, (found[0] as Sighting).ticket);
  claims.taken(0, 3);
  claims.settle(0, 2);
  /** Store to words of the block as no thread does. */
  const damage = (words: Words) => {
    const all = wordsOf(memory);
    for (const [word, value] of Object.entries(words)) all[headerAt(0) + header[word as keyof Words]] = value;
  };
  return { memory, lease, claims, damage };
}
type Ring = ReturnType<typeof ringInUse>;

test('the ring of these tests is sound without damage', () => {
  const { lease, claims } = ringInUse();
  lease.publish(5);
  claims.taken(0, 5);
  claims.settle(0, 5);
  lease.seal();
  claims.finish(0);
  expect(lease.open(0, 5)).toBe(true);
});

const open = ({ memory }: Ring) => new BlockLease(memory, producer).open(0, 0);
const publish = (rows: number) => (ring: Ring) => ring.lease.publish(rows);
const seal = (ring: Ring) => ring.lease.seal();
const take = (to: number) => (ring: Ring) => ring.claims.taken(0, to);
const settle = (to: number) => (ring: Ring) => ring.claims.settle(0, to);
const finish = (ring: Ring) => ring.claims.finish(0);
const cancelOpen = ({ memory }: Ring) => new AssertedHeaders(memory, producer).cancelOpen(0);
const free = ({ memory }: Ring) => new AssertedHeaders(memory, flusher).free(0);
const release = ({ memory }: Ring) => releaseClaims(memory, flusher);

test.each<[string, Words, (ring: Ring) => unknown]>([
  ['a free block holds no rows', { OWNER: 0 }, open],
  ['a free block holds no rows', { OWNER: 0, PUBLISHED: sealed(4) }, open],
  ['a free block remembers no deaths', { OWNER: 0, PUBLISHED: 0, DEATHS: 1 }, open],

  ['only the producer that opens the block writes', { OWNER: -other }, cancelOpen],
  ['only the producer that opens the block writes', {}, cancelOpen],

  ['only the owner writes', { OWNER: other }, publish(5)],
  ['only the owner writes', { OWNER: other }, seal],
  ['a sealed block is not written to', { PUBLISHED: sealed(4) }, publish(5)],
  ['TAKEN ≤ rows of PUBLISHED', { TAKEN: 5 }, publish(5)],
  ['COMMITTED ≤ rows of PUBLISHED', { COMMITTED: 5 }, seal],
  ['PUBLISHED only grows', {}, publish(3)],
  ['rows of PUBLISHED ≤ rows of a block', {}, publish(maxRowsPerBlock + 1)],
  ['a seal shows no more rows', { PUBLISHED: 5 }, seal],

  ["only the claim's holder writes", { CLAIM: other }, take(4)],
  ["only the claim's holder writes", { CLAIM: other }, settle(3)],
  ["only the claim's holder writes", { CLAIM: 0 }, finish],
  ['a free block has no rows to take', { OWNER: 0 }, take(4)],
  ['0 ≤ COMMITTED', { COMMITTED: -1 }, settle(3)],
  ['0 ≤ TAKEN', { TAKEN: -1 }, settle(3)],
  ['COMMITTED ≤ TAKEN', { COMMITTED: 4 }, finish],
  ['COMMITTED ≤ rows of PUBLISHED', { PUBLISHED: 1 }, release],
  ['TAKEN ≤ rows of PUBLISHED', { PUBLISHED: 2 }, settle(2)],
  ['COMMITTED ≤ TAKEN', {}, take(1)],
  ['TAKEN ≤ rows of PUBLISHED', {}, take(5)],
  ['COMMITTED only grows', {}, settle(1)],
  ['COMMITTED ≤ TAKEN', {}, settle(4)],
  ['COMMITTED ≤ rows of PUBLISHED', { PUBLISHED: sealed(4) }, settle(5)],
  ['only a sealed block is freed', { COMMITTED: 4, TAKEN: 4 }, free],
  ['a free block holds no rows', { PUBLISHED: sealed(4) }, free],
  ['a free block remembers no deaths', { PUBLISHED: sealed(2), TAKEN: 2, DEATHS: 1 }, finish],
])('finds what breaks "%s": %o', (rule, words, act) => {
  const ring = ringInUse();
  ring.damage(words);
  expect(() => act(ring)).toThrow(`breaks "${rule}"`);
});

test('an assertion names the block, its words, the thread and what it was about to store', () => {
  const { lease, claims } = ringInUse();
  lease.seal();
  expect(() => claims.settle(0, 5)).toThrow(
    'block 0: thread 11 would store 5, and breaks "COMMITTED ≤ rows of PUBLISHED": OWNER 1, PUBLISHED 4 SEALED, ' +
      'CLAIM 11, TAKEN 3, COMMITTED 2, SCHEMA 0, SINCE 0, GENERATION 0, TICKET 0, SEQUENCE 0, DEATHS 0, ' +
      'SUSPECTS 0, HALF 0',
  );
});

test('an eviction may settle rows of a sealed block that no thread takes', () => {
  const { lease, claims } = ringInUse();
  lease.seal();
  claims.settle(0, 4);
  claims.finish(0);
  expect(lease.open(0, 4)).toBe(true);
});

test("the threads of flushers assert, as this test's thread does", async () => {
  const words = new Int32Array(new SharedArrayBuffer(4));
  const schema = defineSchema('events', { i: t.int32() });
  const sink = handler(new URL('../fixtures/sinks/asserting-sink.mjs', import.meta.url), { words });
  const flow = await createBatchFlow({ schema, sink });
  onTestFinished(async () => void (await flow.destroy().catch(() => {})));
  flow.push({ i: 1 });
  await flow.committed();
  expect(words[0]).toBe(1);
});

test.each([
  ['a child process of the tests asserts', process.env, 'breaks "PUBLISHED only grows"'],
  ['a process elsewhere asserts nothing', { ...process.env, BATCHFLOW_ASSERT: undefined }, 'stored 3'],
])('%s', async (_, env, outcome) => {
  const script = `
    import { BlockLease } from ${JSON.stringify(new URL('../../dist/src/ring/block-lease.js', import.meta.url))};
    import { createRingMemory } from ${JSON.stringify(new URL('../../dist/src/ring/layout.js', import.meta.url))};
    const lease = new BlockLease(createRingMemory(1, 64), 1);
    lease.open(0, 0);
    lease.publish(4, 0);
    try {
      lease.publish(3);
      console.log('stored 3');
    } catch (error) {
      console.log(error.message);
    }`;
  const child = await promisify(execFile)(process.execPath, ['--input-type=module', '-e', script], { env });
  expect(child.stdout).toContain(outcome);
});
