/**
 * Asks for messages, as many as the ring has room for, until the source takes no more.
 *
 * Whatever ends a request before its time (a leader that changes, a server that is gone, silence), all requests are
 * given up, the connection and the consumers are looked at, and new requests are made.
 */
import { setImmediate, setTimeout } from 'node:timers/promises';
import { messageOf } from '../../describe.js';
import { SourceError } from '../../errors.js';
import { endsConnection } from '../../nats/error-meaning.js';
import { untilAborted } from '../../sinks/connections/until-aborted.js';
import type { SourceContext } from '../../source.js';
import type { Consumers, ReadConsumer } from './consumers.js';
import { Bell, type InHand } from './in-hand.js';
import type { Message } from './message.js';
import type { JetStreamSourceSettings } from './options.js';
import { Pull, type PullEnd } from './pull.js';
import type { Connecting, NatsSession } from './session.js';
import type { Told } from './told.js';

const firstPauseMs = 100;
const longestPauseMs = 5000;
const lookEveryMs = 1000;
const drainMs = 1000;

export interface FetchTools {
  readonly settings: JetStreamSourceSettings;
  readonly context: SourceContext<unknown, Message>;
  /** Aborts when no more messages are to be taken. */
  readonly signal: AbortSignal;
  readonly connecting: Connecting;
  readonly consumers: Consumers;
  readonly inHand: InHand;
  readonly told: Told;
  /** A message has come. */
  readonly received: (message: Message) => void;
}

/** A request was ended by the server, or is lost. */
class PullLost extends SourceError {}

export class Fetching {
  readonly #bell = new Bell();
  readonly #pulls = new Map<Pull, ReadConsumer>();
  #lost: SourceError | undefined;
  /** Rings when requests are lost. */
  #loss = new Bell();
  /** Resolves when the ring has room; undefined while nothing waits for that. */
  #room: Promise<void> | undefined;
  #failures = 0;

  constructor(private readonly tools: FetchTools) {}

  /** There may be room, or fewer messages that wait. */
  look(): void {
    this.#bell.ring();
  }

  /** Resolves when the source takes no more; nothing is on its way then. */
  async run(): Promise<void> {
    const { signal, connecting, consumers, context, told } = this.tools;
    const ring = () => this.#bell.ring();
    signal.addEventListener('abort', ring, { once: true });
    while (!signal.aborted) {
      let session: NatsSession | undefined;
      try {
        session = await untilAborted(connecting.session(), signal);
        await untilAborted(consumers.ensure(session), signal);
        context.isReady(true);
        await this.#pullBy(session);
      } catch (error) {
        if (signal.aborted) break;
        if (endsConnection(error)) session?.spend();
        // A leader that changes is nothing to tell of, if another one is there soon.
        if (!(error instanceof PullLost && this.#failures === 0)) {
          context.isReady(false);
          told.tell(this.#troubleOf(error));
        }
        const pauseMs = Math.min(longestPauseMs, firstPauseMs * 2 ** Math.min(this.#failures++, 10));
        await setTimeout(pauseMs, undefined, { signal }).catch(() => {});
      }
    }
    signal.removeEventListener('abort', ring);
  }

  /** Ask by one connection until the source takes no more. @throws PullLost */
  async #pullBy(session: NatsSession): Promise<void> {
    const { signal } = this.tools;
    this.#lost = undefined;
    this.#loss = new Bell();
    let isOver = false;
    void session.connection.closed().then(() => {
      if (!isOver) this.#lose('the connection was closed');
    });
    const stopLooking = this.#lookForSilence(session);
    try {
      while (!signal.aborted) {
        if (this.#lost !== undefined) throw this.#lost;
        await this.#ask(session);
        await this.#bell.heard();
        // What else has come in this turn is seen by one look.
        await setImmediate();
      }
    } finally {
      isOver = true;
      stopLooking();
      await this.#giveUpAll(session);
    }
  }

  async #ask(session: NatsSession): Promise<void> {
    const { context, inHand, settings, consumers } = this.tools;
    if (inHand.waiting === 0 && this.#pulls.size === 0 && context.room < inHand.rowsPerMessage) {
      await this.#untilRoomOrLoss();
      if (this.#lost !== undefined) return;
    }
    if (settings.ordered) {
      const asked = new Set(this.#pulls.values());
      if (context.room > 0 || inHand.waiting + asked.size === 0) {
        for (const consumer of consumers.all) if (!asked.has(consumer)) this.#pull(session, consumer, 1);
      }
      return;
    }
    const [consumer] = consumers.all as [ReadConsumer];
    const outstanding = [...this.#pulls.keys()].reduce((sum, { left }) => sum + left, 0);
    const most = Math.min(settings.maxFetch, consumer.facts?.maxFetch ?? settings.maxFetch);
    const places = Math.floor(context.room / inHand.rowsPerMessage) - inHand.waiting - outstanding;
    const isIdle = inHand.waiting + outstanding === 0;
    // A message that has more rows than the ring is pushed part by part.
    // The first one says how many rows messages have.
    const fitting = inHand.hasSeenRows ? places : 0;
    const messages = Math.min(most - outstanding, isIdle ? Math.max(1, fitting) : fitting);
    const capacity = Math.floor(consumers.ringRows / inHand.rowsPerMessage);
    const worthwhile = Math.max(1, Math.min(most, capacity) >> 2);
    if (messages >= worthwhile || (isIdle && messages > 0)) this.#pull(session, consumer, messages);
  }

  /** A connection that is lost is replaced in a full ring, too: what is in hand needs a word now and then. */
  async #untilRoomOrLoss(): Promise<void> {
    const { context, inHand, signal } = this.tools;
    if (this.#room === undefined) {
      this.#room = context.whenRoom(Math.ceil(inHand.rowsPerMessage)).finally(() => {
        this.#room = undefined;
      });
      // It may end while nothing waits for it.
      this.#room.catch(() => {});
    }
    await untilAborted(Promise.race([this.#room, this.#loss.heard()]), signal);
  }

  #pull(session: NatsSession, consumer: ReadConsumer, messages: number): void {
    const pull = new Pull(
      session,
      this.tools.settings.stream,
      consumer.name,
      messages,
      consumer.facts?.maxExpiresMs ?? 0,
      {
        received: (message) => {
          this.#failures = 0;
          this.tools.received(message);
          this.#bell.ring();
        },
        ended: (ended, end) => this.#ended(ended, end),
      },
    );
    this.#pulls.set(pull, consumer);
  }

  #ended(pull: Pull, end: PullEnd | undefined): void {
    this.#pulls.delete(pull);
    if (end === undefined) this.#failures = 0;
    else this.#lose(`the server ended a request for messages: ${end.code} ${end.description}`);
    this.#bell.ring();
  }

  #troubleOf(error: unknown): SourceError {
    if (error instanceof SourceError) return error;
    const { stream } = this.tools.settings;
    return new SourceError(`stream "${stream}" cannot be read: ${messageOf(error)}`, { cause: error });
  }

  #lose(why: string): void {
    this.#lost ??= new PullLost(why);
    this.#loss.ring();
    this.#bell.ring();
  }

  /** Look at times whether requests have gone silent. @returns what ends it. */
  #lookForSilence(session: NatsSession): () => void {
    let last = performance.now();
    const look = () => {
      const now = performance.now();
      const wasBusy = now - last > 2 * lookEveryMs;
      last = now;
      for (const pull of this.#pulls.keys()) {
        if (wasBusy) pull.excuse();
        else if (pull.isSilent)
          this.#lose(session.refusal?.message ?? 'the server has given no sign of life');
      }
      this.#bell.ring();
    };
    const timer = globalThis.setInterval(look, lookEveryMs);
    return () => clearInterval(timer);
  }

  /** What is on its way is taken all the same: it would come again only after the consumer's wait. */
  async #giveUpAll(session: NatsSession): Promise<void> {
    const pulls = [...this.#pulls];
    this.#pulls.clear();
    if (!session.isUsable) return;
    const { stream } = this.tools.settings;
    const giveUp = async ([pull, { name }]: readonly [Pull, ReadConsumer]) => {
      await pull.drain();
      // The server forgets requests without a listener when it is asked. Until then 2.9 would take a message for one of
      // them that comes again, and not give it to others before the consumer's wait is over.
      await session.manager.consumers.info(stream, name).catch(() => {});
    };
    await Promise.race([Promise.all(pulls.map(giveUp)), setTimeout(drainMs, undefined, { ref: false })]);
  }
}
