/**
 * What is done after the death of a flusher, and in which order.
 */
import { threadId } from 'node:worker_threads';
import { expect, test } from 'vitest';
import { resolveConfig } from '../../../dist/src/flow/config/resolve.js';
import { EventProducer } from '../../../dist/src/flow/producer/event-producer.js';
import { counted, settlementOf } from '../../../dist/src/flow/shared/settlements.js';
import { claimerOf, createShared, sinkCellsOf } from '../../../dist/src/flow/shared/shared-flow.js';
import { countersOf, recover } from '../../../dist/src/flow/supervision/dead-flusher.js';
import { defineSchema, handler, t } from '../../../dist/src/index.js';
import { BlockClaims, type Sighting } from '../../../dist/src/ring/block-claims.js';
import { control, wordsOf } from '../../../dist/src/ring/layout.js';
import { RingControl } from '../../../dist/src/ring/ring-control.js';
import { SleepNotes } from '../../../dist/src/ring/sleep-notes.js';
import { LabelDictionary } from '../../../dist/src/schema/block/label-dictionary.js';

const schema = defineSchema('events', { i: t.int32() });

/** A flow of four blocks of three rows, and a flusher that has taken the rows of two. */
function dyingFlusher() {
  const cells = { memory: new SharedArrayBuffer(8), each: 1 };
  const sink = { ...handler('file:///no-thread-loads-it.mjs'), cells };
  const shared = createShared(resolveConfig({ schema, sink, flushSize: 3, bufferSize: 12 }), threadId);
  const producer = new EventProducer(shared, 0, 0, new LabelDictionary(shared.labels), () => {});
  for (let i = 0; i < 6; i++) producer.push({ i });
  const claims = new BlockClaims(shared.ring, claimerOf(shared, 1));
  const found: Sighting[] = [];
  claims.survey(found);
  for (const { block, ticket } of found) {
    expect(claims.tryClaim(block, ticket)).toBe(true);
    claims.taken(block, 3);
  }
  const flusher = { number: 1, shared };
  const counters = countersOf(flusher);
  counters.set('inFlight', 6);
  const cleaned: number[] = [];
  const clean = () => recover(flusher, sink, { cleanUp: (number) => void cleaned.push(number) });
  return { shared, sink, claims, blocks: found.map(({ block }) => block), counters, cleaned, clean };
}

/** Rows that wait, and how many deaths they have seen. */
function waiting(claims: BlockClaims) {
  const found: Sighting[] = [];
  claims.survey(found);
  return found.filter((seen) => seen.waiting > 0).map((seen) => [seen.block, seen.waiting, seen.deaths]);
}

test('rows that had ended are settled and counted before others may take them', () => {
  const { counters, claims, blocks, cleaned, clean } = dyingFlusher();
  const [first, second] = blocks as [number, number];
  settlementOf(counters).begin(first, 3, counted({ committed: 2, failed: 1 }));
  expect(clean()).toBe(3);
  expect(waiting(claims)).toEqual([[second, 3, 1]]);
  const names = ['committed', 'failed', 'redelivered', 'restarts', 'inFlight'] as const;
  expect(names.map((name) => counters.get(name))).toEqual([2, 1, 3, 1, 0]);
  expect(cleaned).toEqual([1]);
});

test('what its sink has counted in cells is settled, but not a second time', () => {
  const { shared, sink, counters, claims, blocks, clean } = dyingFlusher();
  const [first, second] = blocks as [number, number];
  const cells = sinkCellsOf(shared, sink, 1);
  cells?.stage([0], 1, [7]);
  cells?.begin([
    { block: first, to: 3 },
    { block: second, to: 3 },
  ]);
  // It died between the first block and the second.
  const settlement = settlementOf(counters);
  settlement.begin(first, 3, counted({ committed: 3 }));
  claims.settle(first, 3);
  settlement.end();
  const begun: number[] = [];
  const { settle } = BlockClaims.prototype;
  BlockClaims.prototype.settle = function (block, to) {
    begun.push(block);
    settle.call(this, block, to);
  };
  try {
    expect(clean()).toBe(0);
  } finally {
    BlockClaims.prototype.settle = settle;
  }
  expect(begun).toEqual([second]);
  expect(counters.get('committed')).toBe(6);
  expect(cells?.get(0)).toBe(7);
});

test('its announcements are taken back, and the threads that wait for rows are woken', () => {
  const { shared, clean } = dyingFlusher();
  new RingControl(shared.ring, new SleepNotes(shared.sleeps, claimerOf(shared, 1))).work.announce();
  const { work, room, done } = new RingControl(shared.ring);
  const epochs = [work, room, done].map((events) => events.announce());
  clean();
  expect([work, room, done].map((events, i) => events.announce() - (epochs[i] as number))).toEqual([1, 1, 1]);
  // Only those of this test are announced.
  expect(wordsOf(shared.ring)[control.WORK + 1]).toBe(2);
});
