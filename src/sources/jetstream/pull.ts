/**
 * One request for messages of a consumer, until all of them have come, or the server ends it.
 *
 * A request may be lost without a word: its server has died, another one leads, the network is cut. So the server is
 * asked for a sign of life each second, and a request that hears nothing for some of them counts as lost. The client's
 * own `fetch` and `consume` are not used: they end with a subscription that drops what is on its way, which would come
 * again only after the consumer's wait.
 */
import type { Subscription } from '@nats-io/transport-node';
import { type Message, messageOf } from './message.js';
import type { NatsSession } from './session.js';

/** How long a request waits for messages, at most. */
const expiresMs = 5000;
const heartbeatMs = 1000;
/** After so long without a sign of life a request is lost. */
const silenceMs = 3500;
const nanosOfMs = 1e6;

/** How a request ended before all of its messages had come, when it did not expire. */
export interface PullEnd {
  readonly code: number;
  readonly description: string;
}

export interface PullEvents {
  received(message: Message): void;
  /** @param end undefined: all messages have come, or the time is over. */
  ended(pull: Pull, end: PullEnd | undefined): void;
}

export class Pull {
  /** Messages that are still to come. */
  left: number;
  readonly #subscription: Subscription;
  #heardAt = performance.now();
  #hasEnded = false;

  /** @param most the longest time that the consumer allows; 0: any. */
  constructor(
    session: NatsSession,
    stream: string,
    consumer: string,
    messages: number,
    mostMs: number,
    private readonly events: PullEvents,
  ) {
    this.left = messages;
    const { connection, prefix } = session;
    const inbox = session.newInbox();
    this.#subscription = connection.subscribe(inbox, {
      callback: (error, message) => {
        if (error !== null) {
          this.#end({ code: 0, description: error.message });
          return;
        }
        this.#heardAt = performance.now();
        const found = messageOf(message);
        if (found !== undefined) this.#received(found);
        else this.#status(message.headers?.code ?? 0, message.headers?.description ?? '');
      },
    });
    const expires = mostMs > 0 ? Math.min(expiresMs, mostMs) : expiresMs;
    const request = {
      batch: messages,
      expires: expires * nanosOfMs,
      // The server refuses one that is longer than half of the time.
      idle_heartbeat: Math.min(heartbeatMs, Math.floor(expires / 2)) * nanosOfMs,
    };
    connection.publish(`${prefix}.CONSUMER.MSG.NEXT.${stream}.${consumer}`, JSON.stringify(request), {
      reply: inbox,
    });
  }

  /** Whether nothing was heard of it for too long. */
  get isSilent(): boolean {
    return performance.now() - this.#heardAt > silenceMs;
  }

  /** The thread was busy, and could hear nothing. */
  excuse(): void {
    this.#heardAt = performance.now();
  }

  /** Take no more. Resolves when what was on its way has been received. */
  async drain(): Promise<void> {
    this.#hasEnded = true;
    await this.#subscription.drain().catch(() => {});
  }

  #received(message: Message): void {
    this.left = Math.max(0, this.left - 1);
    this.events.received(message);
    if (this.left === 0) this.#end(undefined);
  }

  #status(code: number, description: string): void {
    // A sign of life.
    if (code === 100) return;
    // Its time is over; or nothing was there.
    const isUsual = code === 408 || code === 404;
    this.#end(isUsual ? undefined : { code, description });
  }

  #end(end: PullEnd | undefined): void {
    if (this.#hasEnded) return;
    this.#hasEnded = true;
    this.left = 0;
    this.#subscription.unsubscribe();
    this.events.ended(this, end);
  }
}
