/**
 * How a producer's thread and the flow's creating thread learn of each other's death: a pair of ports, which closes
 * when either of them ends.
 */
import { MessageChannel, type MessagePort, postMessageToThread } from 'node:worker_threads';
import { type Attachment, notReceived } from '../protocol/attachment.js';
import { ProducerSlots } from '../shared/producer-slots.js';
import type { SharedFlow } from '../shared/shared-flow.js';
import { abandon } from '../shared/stop.js';
import { hasEnded, unknownThread } from '../shared/thread-mark.js';

const tries = 3;
/** A thread that is new may not be known to the main thread yet, which passes all messages on. */
const retryMs = 200;

/** Producers of this thread that are attached to flows of other threads. */
let attached = 0;

/**
 * Announce a producer of this thread to the flow's creating thread. When that thread ends the flow is stopped: its
 * flushers have ended with it, and threads that wait for them would wait for ever.
 *
 * @param slot the number of the slot that the producer has taken.
 * @returns called when the producer has closed.
 */
export function announceProducer(shared: SharedFlow, slot: number): () => void {
  const announcement = new Announcement(shared, slot);
  announcement.send();
  // Without a listener this thread would seem dead when the flow asks whether it lives.
  if (attached++ === 0) process.on('workerMessage', ignoreMessage);
  return () => {
    announcement.end();
    if (--attached === 0) process.off('workerMessage', ignoreMessage);
  };
}

class Announcement {
  readonly #shared: SharedFlow;
  readonly #attachment: Omit<Attachment, 'port'>;
  #port: MessagePort | undefined;
  #triesLeft = tries;
  #ended = false;

  constructor(shared: SharedFlow, slot: number) {
    this.#shared = shared;
    const holder = new ProducerSlots(shared.slots, shared.maxProducers).holder(slot);
    this.#attachment = { batchflow: shared.id, slot, holder };
  }

  send(): void {
    if (this.#ended) return;
    this.#triesLeft--;
    const { port1, port2 } = new MessageChannel();
    this.#port = port1;
    /** Whether the other port is the creating thread's; undefined while it is under way. */
    let received: boolean | undefined;
    port1.once('close', () => {
      if (received) this.#ownerEnded();
      // The thread may have died with the message unread.
      else if (received === undefined) this.#lost();
    });
    port1.unref();
    postMessageToThread(this.#shared.threadId, { ...this.#attachment, port: port2 }, [port2]).then(
      () => {
        received = true;
      },
      (error: NodeJS.ErrnoException) => {
        if (received === false) return;
        received = false;
        // Another error came from a listener that is not this package's, and says nothing of the thread.
        if (error.code === notReceived) this.#lost();
      },
    );
  }

  end(): void {
    this.#ended = true;
    this.#port?.close();
  }

  #ownerEnded(): void {
    if (!this.#ended) abandon(this.#shared);
  }

  /** The message has not been received. Try again, unless the thread is gone. */
  #lost(): void {
    const { owner } = this.#shared;
    if (hasEnded(owner)) this.#ownerEnded();
    else if (this.#triesLeft > 0) setTimeout(() => this.send(), retryMs).unref();
    else if (owner === unknownThread) this.#ownerEnded();
  }
}

function ignoreMessage(): void {}
