/**
 * The JetStream source's module, which the source's thread loads. A unit is a message.
 *
 *     requests ─▶ messages that wait ─▶ rows in the ring ─▶ acknowledged, or terminated behind its dead letter
 *                          └─ the flow stops, or the schema is not known ─▶ handed back
 */
import { setImmediate } from 'node:timers/promises';
import { SourceError } from '../../errors.js';
import { endsConnection, natsMeaning } from '../../nats/error-meaning.js';
import { defineSource, type Source, type SourceContext, type UnitDelivery } from '../../source.js';
import { ConsumerError } from './consumer.js';
import { Consumers } from './consumers.js';
import { Fetching } from './fetching.js';
import { Bell, InHand } from './in-hand.js';
import type { Message } from './message.js';
import { MessageRows, UnknownMessage } from './message-rows.js';
import { ConsumerMetrics } from './metrics.js';
import type { JetStreamSourceSettings } from './options.js';
import { Replies } from './replies.js';
import { Connecting } from './session.js';
import { Told } from './told.js';

type Context = SourceContext<JetStreamSourceSettings, Message>;

/** After so long the thread's other work gets a turn. */
const turnMs = 10;

class JetStreamSource implements Source<JetStreamSourceSettings, Message> {
  readonly #connecting: Connecting;
  readonly #replies: Replies;
  readonly #inHand = new InHand();
  /** Rings when a message waits, or the source takes no more. */
  readonly #bell = new Bell();
  #context: Context | undefined;
  #consumers: Consumers | undefined;
  #metrics: ConsumerMetrics | undefined;
  #told: Told | undefined;
  #rows: MessageRows | undefined;

  constructor(private readonly settings: JetStreamSourceSettings) {
    this.#connecting = new Connecting(settings);
    this.#replies = new Replies(settings, this.#connecting);
  }

  /** @throws ConsumerError, PackageError; what the client says, with `requireServer`. */
  async open(context: Context): Promise<void> {
    const { settings } = this;
    this.#context = context;
    this.#told = new Told(context.report);
    this.#rows = new MessageRows(settings, context);
    const consumers = new Consumers(settings, context, this.#inHand, this.#replies);
    this.#consumers = consumers;
    this.#metrics = new ConsumerMetrics(settings, context, this.#connecting, consumers, this.#inHand);
    if (settings.schema !== undefined) context.producer(settings.schema);
    try {
      await consumers.ensure(await this.#connecting.session());
    } catch (error) {
      if (settings.requireServer || !isAway(error)) {
        await this.close();
        throw error;
      }
      process.emitWarning(
        `${(error as Error).message}; the flow goes on, and tries again`,
        'JetStreamWarning',
      );
    }
    this.#metrics.begin();
  }

  async run(context: Context): Promise<void> {
    const failed = new AbortController();
    const signal = AbortSignal.any([context.signal, failed.signal]);
    const fetching = new Fetching({
      ...{ settings: this.settings, context, signal, connecting: this.#connecting, inHand: this.#inHand },
      consumers: this.#consumers as Consumers,
      told: this.#told as Told,
      received: (message) => {
        this.#metrics?.received(message);
        if (this.#inHand.add(message)) this.#bell.ring();
      },
    });
    const ring = () => this.#bell.ring();
    signal.addEventListener('abort', ring, { once: true });
    try {
      const fetched = fetching.run();
      await this.#push(context, signal, fetching).catch((error) => failed.abort(error));
      await fetched;
      failed.signal.throwIfAborted();
    } finally {
      signal.removeEventListener('abort', ring);
      await this.#giveBack();
    }
  }

  async acknowledge(messages: readonly Message[]): Promise<void> {
    const { ackTimeoutMs } = this.settings;
    // A flow that ends waits for less.
    const patienceMs = () =>
      this.#context?.signal.aborted ? ackTimeoutMs : (this.#consumers?.ackWaitMs ?? ackTimeoutMs);
    try {
      await this.#replies.acknowledge(messages, patienceMs);
      this.#metrics?.acknowledged(messages);
    } finally {
      this.#inHand.end(messages);
    }
  }

  async handBack(messages: readonly Message[]): Promise<void> {
    this.#inHand.end(messages);
    await this.#replies.handBack(messages);
  }

  async close(): Promise<void> {
    this.#consumers?.close();
    this.#metrics?.end();
    await this.#connecting.close();
  }

  /** Push messages in the order in which they came. */
  async #push(context: Context, signal: AbortSignal, fetching: Fetching): Promise<void> {
    let turnBegan = performance.now();
    while (!signal.aborted) {
      const message = this.#inHand.take();
      if (message === undefined) {
        await this.#bell.heard();
        turnBegan = performance.now();
        continue;
      }
      await this.#deliver(context, message);
      fetching.look();
      if (performance.now() - turnBegan < turnMs) continue;
      await setImmediate();
      turnBegan = performance.now();
    }
  }

  async #deliver(context: Context, message: Message): Promise<void> {
    try {
      await context.deliver(message, (delivery) => this.#pushRows(message, delivery));
    } catch (error) {
      if (!(error instanceof UnknownMessage)) throw error;
    }
  }

  /** @throws UnknownMessage for one that is to come again later. */
  async #pushRows(message: Message, delivery: UnitDelivery): Promise<void> {
    const rows = this.#rows as MessageRows;
    try {
      this.#inHand.hadRows(await rows.push(message, delivery));
    } catch (error) {
      if (!(error instanceof UnknownMessage)) throw error;
      const { maxUnknownDeliveries, maxUnknownDelayMs, unknownDelayMs } = this.settings;
      if (message.deliveries >= maxUnknownDeliveries) {
        rows.refuse(message, delivery, error.cause, error.schema);
        return;
      }
      const doubled = unknownDelayMs * 2 ** Math.min(message.deliveries - 1, 30);
      message.delayMs = Math.min(doubled, maxUnknownDelayMs);
      this.#metrics?.unknown();
      const kind = `${error.fault} ${error.schema}`;
      this.#told?.tell(error, kind, (times) => new SourceError(`handed back (${times}): ${error.message}`));
      throw error;
    }
  }

  /** What waits is not pushed any more. */
  async #giveBack(): Promise<void> {
    const messages = this.#inHand.takeAll();
    this.#inHand.end(messages);
    await this.#replies.handBack(messages).catch((error) => this.#told?.tell(error));
  }
}

/** Whether waiting helps: a server that is away, a stream that its publishers have not made. */
function isAway(error: unknown): boolean {
  if (error instanceof ConsumerError) return false;
  return endsConnection(error) || natsMeaning(error)?.verdict === 'retry';
}

export default defineSource((settings: JetStreamSourceSettings) => new JetStreamSource(settings) as Source);
