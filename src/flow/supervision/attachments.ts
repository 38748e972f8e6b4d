/**
 * Producers on other threads, as the creating thread sees them: each sends a port, which closes when its thread dies.
 *
 * The message with the port may be lost when the thread dies while this one is blocked. So where the flow would wait
 * for a dead producer, `releaseDeadProducers` asks each thread whether it still lives.
 */
import { postMessageToThread, threadId } from 'node:worker_threads';
import { Counters, producerCell } from '../../metrics/cells/counters.js';
import { BlockClaims } from '../../ring/block-claims.js';
import { Progress } from '../../ring/progress.js';
import { releaseClaims, sealBlocks } from '../../ring/recovery.js';
import type { Attachment } from '../protocol/attachment.js';
import { ProducerSlots } from '../shared/producer-slots.js';
import { evictions } from '../shared/settlements.js';
import type { SharedFlow } from '../shared/shared-flow.js';

const flows = new Map<string, SharedFlow>();

/** Receive the ports of this flow's producers, until the returned function is called. */
export function receiveAttachments(shared: SharedFlow): () => void {
  if (flows.size === 0) process.on('workerMessage', onMessage);
  flows.set(shared.id, shared);
  return () => {
    flows.delete(shared.id);
    if (flows.size === 0) process.off('workerMessage', onMessage);
  };
}

function onMessage(message: Partial<Attachment> | null): void {
  const shared = flows.get(message?.batchflow ?? '');
  if (shared === undefined || message?.port === undefined) return;
  const { port, slot = -1, holder = -1 } = message;
  port.once('close', () => releaseProducer(shared, slot, holder));
  port.unref();
}

/** The producer's thread is gone: the rows that it had published are flushed, its block and its slot are free again. */
function releaseProducer(shared: SharedFlow, slot: number, holder: number): void {
  const slots = new ProducerSlots(shared.slots, shared.maxProducers);
  // A producer that was closed has given its slot back, and another may have taken it.
  if (!slots.isHeldBy(slot, holder)) return;
  settleAccounts(shared, slots, slot);
  releaseClaims(shared.ring, slot + 1);
  sealBlocks(shared.ring, slot + 1);
  slots.free(slot);
  new Progress(shared.ring).done.signal();
}

/**
 * The thread may have died between counting rows and publishing them, or between dropping another's rows and counting
 * that. The ring tells what it had published; the next holder of the slot numbers its rows from there.
 */
function settleAccounts(shared: SharedFlow, slots: ProducerSlots, slot: number): void {
  const counters = new Counters(shared.counters, slot, producerCell);
  const progress = new Progress(shared.ring);
  const claims = new BlockClaims(shared.ring, slot + 1);
  evictions(counters).recover((block, to) => claims.settle(block, to));
  const published = progress.publishedBy(slot + 1) ?? slots.sequence(slot);
  const counted = counters.get('accepted') - counters.get('droppedNewest');
  counters.add('accepted', (published - counted) | 0);
  slots.deactivate(slot, published);
}

/** Release producers whose threads have ended, but whose ports never came. A thread that is busy is left alone. */
export function releaseDeadProducers(shared: SharedFlow): void {
  const slots = new ProducerSlots(shared.slots, shared.maxProducers);
  for (const { slot, holder, thread } of slots.heldElsewhere(threadId)) {
    postMessageToThread(thread, { batchflow: 'are you there?' }).catch(() =>
      releaseProducer(shared, slot, holder),
    );
  }
}
