/**
 * How a group of rows becomes visible: what stands in shared memory before that, and what comes after.
 */
import { threadId } from 'node:worker_threads';
import { expect, onTestFinished, test } from 'vitest';
import { resolveConfig } from '../../../dist/src/flow/config/resolve.js';
import { EventProducer } from '../../../dist/src/flow/producer/event-producer.js';
import { ProducerSlots } from '../../../dist/src/flow/shared/producer-slots.js';
import { createShared } from '../../../dist/src/flow/shared/shared-flow.js';
import { defineSchema, t } from '../../../dist/src/index.js';
import { Counters, producerCell } from '../../../dist/src/metrics/cells/counters.js';
import { BlockLease } from '../../../dist/src/ring/block-lease.js';
import { Progress } from '../../../dist/src/ring/progress.js';
import { RingControl } from '../../../dist/src/ring/ring-control.js';
import { LabelDictionary } from '../../../dist/src/schema/block/label-dictionary.js';
import { wakes } from '../../fixtures/meanwhile.js';

const schema = defineSchema('events', { i: t.int32() });

/** A producer of a flow of four blocks of three rows, without threads. */
function scene(settings: object = {}) {
  const config = { schema, onBatch() {}, flushSize: 3, bufferSize: 12, publishEvery: 2, ...settings };
  const shared = createShared(resolveConfig(config), threadId);
  const producer = new EventProducer(shared, 0, 0, new LabelDictionary(shared.labels), () => {});
  const slots = new ProducerSlots(shared.slots, shared.maxProducers);
  const accepted = () => new Counters(shared.counters, 0, producerCell).get('accepted');
  return { shared, producer, slots, accepted, progress: new Progress(shared.ring) };
}

/** Look at shared memory when a producer shows rows. */
function atPublish(look: () => void): void {
  const { publish } = BlockLease.prototype;
  BlockLease.prototype.publish = function (rows, since) {
    look();
    publish.call(this, rows, since);
    look();
  };
  onTestFinished(() => {
    BlockLease.prototype.publish = publish;
  });
}

test('rows are counted as accepted before a flusher can see them', () => {
  const { producer, progress, accepted } = scene();
  const seen: [published: number, accepted: number][] = [];
  atPublish(() => seen.push([progress.total, accepted()]));
  for (let i = 0; i < 4; i++) producer.push({ i });
  expect(seen).toEqual([
    [0, 2],
    [2, 2],
    [2, 3],
    [3, 3],
  ]);
});

test('a row whose commit is waited for is wanted before a flusher can see it, which is woken after that', () => {
  const { shared, producer, slots } = scene();
  const wanted: number[] = [];
  atPublish(() => wanted.push(slots.wanted(0)));
  void producer.write({ i: 0 });
  const { work } = new RingControl(shared.ring);
  expect(wakes(work, () => producer.publish())).toBe(true);
  expect(wanted).toEqual([1, 1]);
  expect(wakes(work, () => producer.publish())).toBe(false);
});

test('a full block is sealed, and one that is not stays open', () => {
  const { producer, progress } = scene();
  for (let i = 0; i < 5; i++) producer.push({ i });
  producer.publish();
  expect(progress.usage()).toMatchObject({ rows: 5, freeBlocks: 2, sealedBlocks: 1 });
});

test('a producer takes no more rows of its block than the high watermark leaves', () => {
  const { producer, progress } = scene({ publishEvery: 1, bufferSize: 12, highWatermark: 4 });
  let pushed = 0;
  while (producer.push({ i: pushed })) pushed++;
  expect([pushed, progress.waiting]).toEqual([4, 4]);
});

test('a producer that has accepted a row is active until it has shown it', () => {
  const { producer, slots } = scene();
  producer.push({ i: 0 });
  expect(slots.anyActive).toBe(true);
  producer.publish();
  expect([slots.anyActive, slots.sequence(0)]).toEqual([false, 1]);
});
