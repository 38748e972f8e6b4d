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
    return this.#ringRows;
  }

  /** How long the server waits for a word of a message; undefined until it has been asked. */
  get ackWaitMs(): number | undefined {
    return this.all[0]?.facts?.ackWaitMs;
  }

  /** @throws ConsumerError, SourceError, what the client says. */
  async ensure(session: NatsSession): Promise<void> {
    this.#ringRows = Math.max(this.#ringRows, this.context.room);
    for (const consumer of this.all) await this.#ensure(session, consumer);
    this.#streamMade ??= await madeAt(session, this.settings.stream);
    this.#keepWords(Math.min(...this.all.map(({ facts }) => facts?.ackWaitMs ?? Number.POSITIVE_INFINITY)));
  }

  close(): void {
    clearInterval(this.#words);
  }

  async #ensure(session: NatsSession, consumer: ReadConsumer): Promise<void> {
    const { settings } = this;
    const wasThere = consumer.facts !== undefined;
    // Messages of another stream of that name have other numbers.
    const isSame = wasThere && (await this.#isSameStream(session));
    const from = isSame && consumer.floor > 0 ? consumer.floor : undefined;
    consumer.facts = await ensureConsumer(session, settings, {
      ...{ name: consumer.name, filters: consumer.filters, from, ringRows: this.#ringRows },
      maxAckPending: settings.ordered ? 1 : undefined,
    });
    consumer.floor = consumer.facts.isNew ? (from ?? 0) : consumer.facts.floor;
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

  async #isSameStream(session: NatsSession): Promise<boolean> {
    const made = await madeAt(session, this.settings.stream);
    const isSame = made !== undefined && made === this.#streamMade;
    this.#streamMade = made;
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

async function madeAt({ manager }: NatsSession, stream: string): Promise<string | undefined> {
  try {
    return String((await manager.streams.info(stream)).created);
  } catch {
    return undefined;
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
