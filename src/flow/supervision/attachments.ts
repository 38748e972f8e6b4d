/**
 * Producers on other threads, as the creating thread sees them: each sends a port, which closes when its thread dies.
 *
 * The message with the port may be lost when the thread dies while this one is blocked. Then the next look at the
 * system's threads finds the death (`liveness/death-watch.ts`). Where the system shows no threads, `findDeadProducers`
 * asks each thread by a message whether it lives.
 */
import { postMessageToThread, threadId } from 'node:worker_threads';
import { buryProducer } from '../liveness/burial.js';
import { DeathWatch } from '../liveness/death-watch.js';
import { type Attachment, notReceived } from '../protocol/attachment.js';
import { ProducerSlots } from '../shared/producer-slots.js';
import type { SharedFlow } from '../shared/shared-flow.js';
import { unknownThread } from '../shared/thread-mark.js';

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
  // A producer that was closed has given its slot back before, and another may have taken it.
  port.once('close', () => buryProducer(shared, { slot, holder }));
  port.unref();
}

/** Clean up after producers whose threads have ended unnoticed. A thread that is busy is left alone. */
export function findDeadProducers(shared: SharedFlow): void {
  new DeathWatch(shared).look();
  const slots = new ProducerSlots(shared.slots, shared.maxProducers);
  for (const held of slots.held()) {
    const { mark, thread } = held;
    if (mark !== unknownThread || thread === undefined || thread === threadId) continue;
    postMessageToThread(thread, { batchflow: 'are you there?' }).catch((error: NodeJS.ErrnoException) => {
      // Another error came from a listener that is not this package's: the thread lives.
      if (error.code === notReceived) buryProducer(shared, held);
    });
  }
}
