/**
 * What can be seen of the consumer: its lag, what is under way on all hosts, what comes again. The server is asked at
 * times; the lag is also told by each message.
 */
import type { Counter, Gauge } from 'prom-client';
import { promClient } from '../../metrics/read/prom-client.js';
import { hasPeer } from '../../peer-packages.js';
import type { SourceContext } from '../../source.js';
import { ConsumerError, floorOf } from './consumer.js';
import type { Consumers } from './consumers.js';
import type { InHand } from './in-hand.js';
import type { Message } from './message.js';
import type { JetStreamSourceSettings } from './options.js';
import type { Connecting } from './session.js';

interface Shown {
  readonly connected: Gauge;
  readonly lag: Gauge;
  readonly pending: Gauge;
  readonly redelivered: Counter;
  readonly terminated: Counter;
  readonly unknown: Counter;
}

export class ConsumerMetrics {
  /** Undefined: no program can see them. */
  readonly #shown: Shown | undefined;
  #timer: NodeJS.Timeout | undefined;
  #asking = false;
  #hasWarned = false;

  constructor(
    private readonly settings: JetStreamSourceSettings,
    private readonly context: SourceContext<unknown, Message>,
    private readonly connecting: Connecting,
    private readonly consumers: Consumers,
    private readonly inHand: InHand,
  ) {
    this.#shown = hasPeer('prom-client') ? shownIn(context) : undefined;
  }

  begin(): void {
    void this.#ask();
    this.#timer = setInterval(() => void this.#ask(), this.settings.infoIntervalMs);
  }

  end(): void {
    clearInterval(this.#timer);
  }

  received({ deliveries, pending }: Message): void {
    if (deliveries > 1) this.#shown?.redelivered.inc();
    if (this.consumers.all.length === 1) this.#shown?.lag.set(pending);
  }

  acknowledged(messages: readonly Message[]): void {
    const poison = messages.filter(({ isPoison }) => isPoison).length;
    if (poison > 0) this.#shown?.terminated.inc(poison);
    this.context.metricsChanged();
  }

  unknown(): void {
    this.#shown?.unknown.inc();
    this.context.metricsChanged();
  }

  async #ask(): Promise<void> {
    const { current } = this.connecting;
    this.#shown?.connected.set(current === undefined ? 0 : 1);
    this.context.metricsChanged();
    if (current === undefined || this.#asking) return;
    this.#asking = true;
    try {
      let lag = 0;
      let pending = 0;
      for (const consumer of this.consumers.all) {
        const info = await current.manager.consumers.info(this.settings.stream, consumer.name);
        consumer.floor = Math.max(consumer.floor, floorOf(info));
        lag += info.num_pending;
        pending += info.num_ack_pending;
      }
      this.#shown?.lag.set(lag);
      this.#shown?.pending.set(pending);
      this.context.metricsChanged();
      this.#warnIfTight(pending, lag);
    } catch {
      // Requests for messages meet the same trouble, and tell of it.
    } finally {
      this.#asking = false;
    }
  }

  /** The server holds messages back that hosts have room for. */
  #warnIfTight(pending: number, lag: number): void {
    const { settings, consumers, inHand } = this;
    const most = consumers.all[0]?.facts?.maxAckPending ?? Number.POSITIVE_INFINITY;
    if (settings.ordered || this.#hasWarned || !Number.isFinite(most)) return;
    const { hosts, name } = settings.consumer;
    const ofHost = Math.ceil(consumers.ringRows / inHand.rowsPerMessage);
    const holdsBack = pending >= most && lag > 0 && this.context.room >= inHand.rowsPerMessage;
    const isTight = inHand.hasSeenRows && most < hosts * ofHost && lag > 0;
    if (!holdsBack && !isTight) return;
    this.#hasWarned = true;
    this.context.report(
      new ConsumerError(
        settings.stream,
        name,
        `max_ack_pending is ${most}, and the ring of one host holds ${ofHost} messages: ` +
          (holdsBack ? 'the server holds messages back' : `of ${hosts} hosts some would starve`),
      ),
    );
  }
}

function shownIn({ metrics }: SourceContext<unknown, Message>): Shown {
  const { Counter, Gauge } = promClient();
  const registers = [metrics];
  return {
    connected: new Gauge({
      name: 'batchflow_jetstream_connected',
      help: 'Whether the source had a connection to a server when it looked last.',
      registers,
    }),
    lag: new Gauge({
      name: 'batchflow_jetstream_consumer_lag',
      help: 'Messages of the stream that the consumer has not delivered yet.',
      aggregator: 'max',
      registers,
    }),
    pending: new Gauge({
      name: 'batchflow_jetstream_consumer_ack_pending',
      help: 'Messages that are delivered to some host and not acknowledged.',
      aggregator: 'max',
      registers,
    }),
    redelivered: new Counter({
      name: 'batchflow_jetstream_redeliveries_total',
      help: 'Messages that this host received, and that had been delivered before.',
      registers,
    }),
    terminated: new Counter({
      name: 'batchflow_jetstream_terminated_total',
      help: 'Messages that became dead letters as a whole and do not come again.',
      registers,
    }),
    unknown: new Counter({
      name: 'batchflow_jetstream_unreadable_total',
      help: 'Deliveries handed back since their schema is not known here, or is newer.',
      registers,
    }),
  };
}
