/**
 * The consumers that the source reads: one, or with `ordered` one for each partition. They are looked at before each
 * beginning, and made again when they are gone.
 */
import { setInterval } from 'node:timers';
import { subjectsOf } from '../../nats/subject-template.js';
import type { SourceContext } from '../../source.js';
import { ConsumerError, type ConsumerFacts, ensureConsumer } from './consumer.js';
import type { InHand } from './in-hand.js';
import type { Message } from './message.js';
import type { JetStreamSourceSettings } from './options.js';
import type { Replies } from './replies.js';
import type { NatsSession } from './session.js';

/** A word of each message that is under way is said so often in the consumer's wait. */
const wordsInWait = 4;

export interface ReadConsumer {
  readonly name: string;
  readonly filters: readonly string[];
  /** Undefined until it has been looked at. */
  facts: ConsumerFacts | undefined;
  /** The first message of the stream that is not known to be acknowledged. */
  floor: number;
}

export class Consumers {
  readonly all: readonly ReadConsumer[];
  /** When the stream was made, as it was first seen; undefined: it cannot be asked. */
  #streamMade: string | undefined;
  /** Whether the stream drops what is acknowledged. */
  #isQueue = false;
  #ringRows = 1;
  #words: NodeJS.Timeout | undefined;
  #wordsMs = 0;

  constructor(
    private readonly settings: JetStreamSourceSettings,
    private readonly context: SourceContext<unknown, Message>,
    private readonly inHand: InHand,
    private readonly replies: Replies,
  ) {
    this.all = consumersOf(settings).map((consumer) => ({ ...consumer, facts: undefined, floor: 0 }));
  }

  /** Rows that the ring has room for, as far as it has been seen empty. */
  get ringRows(): number {
    this.#ringRows = Math.max(this.#ringRows, this.context.room);
    return this.#ringRows;
  }

  /** How long the server waits for a word of a message; undefined until it has been asked. */
  get ackWaitMs(): number | undefined {
    return this.all[0]?.facts?.ackWaitMs;
  }

  /** @throws ConsumerError, SourceError, what the client says. */
  async ensure(session: NatsSession): Promise<void> {
    // Messages of another stream of that name have other numbers.
    const isSame = await this.#isSameStream(session);
    for (const consumer of this.all) await this.#ensure(session, consumer, isSame);
    this.#keepWords(Math.min(...this.all.map(({ facts }) => facts?.ackWaitMs ?? Number.POSITIVE_INFINITY)));
  }

  close(): void {
    clearInterval(this.#words);
  }

  async #ensure(session: NatsSession, consumer: ReadConsumer, isSame: boolean): Promise<void> {
    const { settings } = this;
    const wasThere = consumer.facts !== undefined;
    // A queue has only what is not acknowledged, and its server takes no other beginning.
    const from = wasThere && isSame && !this.#isQueue ? consumer.floor : undefined;
    consumer.facts = await ensureConsumer(session, settings, {
      ...{ name: consumer.name, filters: consumer.filters, from, ringRows: this.ringRows },
      maxAckPending: settings.ordered ? 1 : undefined,
    });
    consumer.floor = consumer.facts.floor;
    if (!wasThere || !consumer.facts.isNew) return;
    const beginning = from === undefined ? 'as the options say' : `behind message ${from - 1}`;
    this.context.report(
      new ConsumerError(
        settings.stream,
        consumer.name,
        `it was gone, and was made again; it begins ${beginning}`,
      ),
    );
  }

  /** Whether the stream is the one that was seen last. */
  async #isSameStream(session: NatsSession): Promise<boolean> {
    const info = await session.manager.streams.info(this.settings.stream).catch(() => undefined);
    if (info === undefined) return false;
    const made = String(info.created);
    const isSame = made === this.#streamMade;
    this.#streamMade = made;
    this.#isQueue = info.config.retention === 'workqueue';
    return isSame;
  }

  /** Say of each message that is in hand for long that it is under way. */
  #keepWords(ackWaitMs: number): void {
    const everyMs = Math.max(50, ackWaitMs / wordsInWait);
    if (everyMs === this.#wordsMs) return;
    clearInterval(this.#words);
    this.#wordsMs = everyMs;
    this.#words = setInterval(() => this.replies.working(this.inHand.since(everyMs)), everyMs);
  }
}

function consumersOf(settings: JetStreamSourceSettings): { name: string; filters: readonly string[] }[] {
  const { ordered, partitions, subject, consumer } = settings;
  const { name, filterSubjects = [] } = consumer;
  if (!ordered || partitions === 1) return [{ name, filters: filterSubjects }];
  return Array.from({ length: partitions }, (_, partition) => ({
    name: `${name}-${partition}`,
    filters: [subjectsOf(subject.replaceAll('{partition}', String(partition)))],
  }));
}
