/**
 * The durable consumer: made where there is none, and compared with what the options say of it.
 */
import type { ConsumerConfig, ConsumerInfo } from '@nats-io/jetstream';
import { messageOf } from '../../describe.js';
import { SourceError } from '../../errors.js';
import { jetStreamNumber } from '../../target-errors/nats.js';
import type { ConsumerSettings } from './consumer-options.js';
import type { JetStreamSourceSettings } from './options.js';
import type { NatsSession } from './session.js';

const nanosOfMs = 1e6;
const usualAckWaitMs = 30_000;
const fewestPending = 1000;
const mostPending = 1_000_000;
/** Two requests of each host may wait. */
const requestsOfHost = 2;
const usualWaiting = 512;
const consumerNotFound = 10_014;
const streamNotFound = 10_059;

/** A consumer that is not what the options say, or cannot be had. */
export class ConsumerError extends SourceError {
  constructor(stream: string, consumer: string, why: string, options?: ErrorOptions) {
    super(`consumer "${consumer}" of stream "${stream}": ${why}`, options);
  }
}

/** What the source has to know of its consumer. */
export interface ConsumerFacts {
  readonly ackWaitMs: number;
  /** Infinity: no limit. */
  readonly maxAckPending: number;
  /** Messages that a request may ask for. */
  readonly maxFetch: number;
  /** How long a request may wait; 0: any time. */
  readonly maxExpiresMs: number;
  /** Before this number all messages of the stream are acknowledged. */
  readonly floor: number;
  /** Whether it was made just now. */
  readonly isNew: boolean;
}

export interface WantedConsumer {
  readonly name: string;
  readonly filters: readonly string[];
  /** Undefined: as the options say. */
  readonly maxAckPending: number | undefined;
  /** Rows that a ring has room for. */
  readonly ringRows: number;
  /** Where to begin, when a consumer that was there is gone; undefined: as the options say. */
  readonly from: number | undefined;
}

/**
 * Make sure that the consumer is there and can serve.
 *
 * @throws ConsumerError where it cannot; SourceError where there is no stream; what the client says where it cannot be
 *   asked.
 */
export async function ensureConsumer(
  { manager }: NatsSession,
  settings: JetStreamSourceSettings,
  wanted: WantedConsumer,
): Promise<ConsumerFacts> {
  const { stream, consumer } = settings;
  const look = () => manager.consumers.info(stream, wanted.name);
  let info: ConsumerInfo | undefined;
  let isNew = false;
  try {
    info = await look();
  } catch (cause) {
    assertStream(stream, cause);
    if (jetStreamNumber(cause) !== consumerNotFound) throw cause;
    if (!consumer.create)
      throw new ConsumerError(stream, wanted.name, 'there is no such consumer', { cause });
  }
  if (info === undefined) {
    try {
      info = await manager.consumers.add(stream, configOf(consumer, wanted) as ConsumerConfig);
      isNew = true;
    } catch (cause) {
      assertStream(stream, cause);
      if (jetStreamNumber(cause) === undefined) throw cause;
      // Another host was faster, and its beginning is another one.
      info = await look().catch(() => {
        throw new ConsumerError(stream, wanted.name, `it cannot be made: ${messageOf(cause)}`, { cause });
      });
    }
  }
  const fault = faultOf(info.config, consumer, wanted);
  if (fault !== undefined) throw new ConsumerError(stream, wanted.name, fault);
  return factsOf(info, isNew);
}

/** @throws SourceError where an error says that there is no stream. */
function assertStream(stream: string, cause: unknown): void {
  if (jetStreamNumber(cause) !== streamNotFound) return;
  throw new SourceError(`there is no stream "${stream}"; its publishers make it`, { cause });
}

function configOf(consumer: ConsumerSettings, wanted: WantedConsumer): Partial<ConsumerConfig> {
  const { name, filters, from, ringRows } = wanted;
  const { ackWaitMs = usualAckWaitMs, deliver, hosts, replicas } = consumer;
  const pending = Math.min(mostPending, Math.max(fewestPending, hosts * ringRows));
  return {
    durable_name: name,
    ack_policy: 'explicit',
    ack_wait: ackWaitMs * nanosOfMs,
    // What is poison is isolated here, and never dropped by a count.
    max_deliver: -1,
    max_ack_pending: wanted.maxAckPending ?? consumer.maxAckPending ?? pending,
    max_waiting: Math.max(usualWaiting, hosts * requestsOfHost * 2),
    ...(from === undefined
      ? { deliver_policy: deliver }
      : { deliver_policy: 'by_start_sequence', opt_start_seq: from }),
    ...(filters.length === 1 && { filter_subject: filters[0] as string }),
    ...(filters.length > 1 && { filter_subjects: [...filters] }),
    ...(replicas !== undefined && { num_replicas: replicas }),
  } as Partial<ConsumerConfig>;
}

/** Why a consumer cannot serve. */
function faultOf(
  config: ConsumerConfig,
  consumer: ConsumerSettings,
  { filters, maxAckPending }: WantedConsumer,
): string | undefined {
  if (config.deliver_subject !== undefined)
    return 'it pushes its messages; the source takes them by requests';
  if (config.ack_policy !== 'explicit')
    return `its ack policy is ${config.ack_policy}, and has to be explicit`;
  if (config.headers_only === true)
    return 'it gets messages without their bodies (headers_only), which would lose them';
  if ((config.max_deliver ?? -1) > 0) {
    return `it gives a message up after ${config.max_deliver} deliveries (max_deliver), which would lose it`;
  }
  const found = config.filter_subjects ?? (config.filter_subject ? [config.filter_subject] : []);
  const text = (subjects: readonly string[]) => [...subjects].sort().join(', ') || 'all subjects';
  if (filters.length > 0 && text(found) !== text(filters)) {
    return `it gets ${text(found)}, and ${text(filters)} in the options`;
  }
  const compared: readonly (readonly [option: string, wanted: unknown, found: unknown])[] = [
    ['ackWaitMs', consumer.ackWaitMs, (config.ack_wait ?? 0) / nanosOfMs],
    ['maxAckPending', maxAckPending ?? consumer.maxAckPending, config.max_ack_pending],
    ['replicas', consumer.replicas, config.num_replicas],
  ];
  const other = compared.find(([, wanted, found]) => wanted !== undefined && wanted !== found);
  if (other === undefined) return undefined;
  const [option, wanted, there] = other;
  return `${option} is ${String(there)} there, and ${String(wanted)} in the options`;
}

function factsOf(info: ConsumerInfo, isNew: boolean): ConsumerFacts {
  const { config } = info;
  const { ack_wait = usualAckWaitMs * nanosOfMs, backoff = [], max_batch = 0, max_expires = 0 } = config;
  const { max_ack_pending = -1 } = config;
  return {
    ackWaitMs: Math.min(ack_wait, ...backoff) / nanosOfMs,
    maxAckPending: max_ack_pending > 0 ? max_ack_pending : Number.POSITIVE_INFINITY,
    maxFetch: max_batch > 0 ? max_batch : Number.POSITIVE_INFINITY,
    maxExpiresMs: max_expires / nanosOfMs,
    floor: floorOf(info),
    isNew,
  };
}

/** Before which number of the stream all is acknowledged, or was there before a consumer that begins with new ones. */
export function floorOf({ ack_floor, delivered, num_ack_pending }: ConsumerInfo): number {
  return (num_ack_pending === 0 ? delivered : ack_floor).stream_seq + 1;
}
