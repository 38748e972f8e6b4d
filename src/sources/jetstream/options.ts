/**
 * The options of the JetStream source: what they mean, what is allowed, and their defaults.
 */
import { ConfigError } from '../../errors.js';
import { checkNats, type NatsOptions, type NatsSettings, natsRules, streamName } from '../../nats/options.js';
import { isSubjectTemplate, namesPartition } from '../../nats/subject-template.js';
import { type Checked, check, group, type RulesFor } from '../../options/check.js';
import { boolean, integer, oneOf, text, union } from '../../options/rules.js';
import { type ConsumerOptions, type ConsumerSettings, consumerRules } from './consumer-options.js';

export interface JetStreamSourceOptions extends NatsOptions {
  /** The stream's name. The source never makes one: its publishers do. */
  stream: string;
  /** The durable consumer that all hosts share, by its name or in detail. It is made where there is none. */
  consumer: string | ConsumerOptions;
  /**
   * What a message is: `packed`, as the JetStream sink writes it; `json`, one event or a line for each. `auto` tells
   * them apart by their first bytes. Default `auto`.
   */
  format?: 'auto' | 'packed' | 'json';
  /** The name of the schema of JSON events. Default: what `subject` says, or the flow's only schema. */
  schema?: string;
  /**
   * The subjects of messages, as the sink's option: which token names the schema, and which the partition. Default
   * `events.{schema}.{partition}`.
   */
  subject?: string;
  /**
   * Keep the order of each partition: one message of a partition is under way at a time, on all hosts together. Each
   * partition has a consumer of its own, whose name has its number. Default false.
   */
  ordered?: boolean;
  /** How many partitions there are, with `ordered`. Default 1. */
  partitions?: number;
  /** Messages that are asked for together, at most. Default 1000. */
  maxFetch?: number;
  /** Wait until the server confirms acknowledgements. Default false. */
  ackAck?: boolean;
  /** How long to wait for the server's answer to what the source says. Default 5,000. */
  ackTimeoutMs?: number;
  /** When messages come again that a stopped flow hands back. Default 1,000. */
  handBackDelayMs?: number;
  /** The first pause of a message whose schema is not known, or is newer; twice as long each time. Default 1,000. */
  unknownDelayMs?: number;
  /** The longest such pause. Default 60,000. */
  maxUnknownDelayMs?: number;
  /** After so many deliveries such a message becomes a dead letter. Default 100. */
  maxUnknownDeliveries?: number;
  /** How often the server is asked for lag and pending acknowledgements. Default 10,000. */
  infoIntervalMs?: number;
}

export const jetStreamSourceRules = {
  ...natsRules,
  stream: streamName,
  consumer: union("a consumer's name, or { name, ackWaitMs, … }", streamName, group(consumerRules)),
  format: oneOf('auto', 'packed', 'json').default('auto'),
  schema: text().optional(),
  subject: text()
    .and(isSubjectTemplate, 'a subject without wildcards, which may have {schema} and {partition}')
    .default('events.{schema}.{partition}'),
  ordered: boolean().default(false),
  partitions: integer(1, 1024).default(1),
  maxFetch: integer(1, 100_000).default(1000),
  ackAck: boolean().default(false),
  ackTimeoutMs: integer(1, 3_600_000).default(5000),
  handBackDelayMs: integer(0, 3_600_000).default(1000),
  unknownDelayMs: integer(0, 3_600_000).default(1000),
  maxUnknownDelayMs: integer(0, 24 * 3_600_000).default(60_000),
  maxUnknownDeliveries: integer(1, 1_000_000).default(100),
  infoIntervalMs: integer(10, 3_600_000).default(10_000),
} satisfies RulesFor<JetStreamSourceOptions>;

/** The options with their defaults, as they are posted to the source's thread. */
export interface JetStreamSourceSettings
  extends Omit<Checked<typeof jetStreamSourceRules>, 'consumer' | 'connectionModule'>,
    NatsSettings {
  readonly consumer: ConsumerSettings;
  readonly connectionModule: string | undefined;
}

/** @throws ConfigError for the first option that cannot work. */
export function settingsOf(options: JetStreamSourceOptions): JetStreamSourceSettings {
  const checked = check(jetStreamSourceRules, options);
  const { consumer: given, ordered, partitions, subject, connectionModule } = checked;
  checkNats(checked);
  const consumer = typeof given === 'string' ? check(consumerRules, { name: given }) : given;
  if (partitions > 1 && !ordered) {
    throw new ConfigError(
      'partitions',
      partitions,
      '1, or `ordered: true`: without an order they do not matter',
    );
  }
  if (ordered && partitions > 1 && !namesPartition(subject)) {
    throw new ConfigError('subject', subject, 'a subject with {partition}, as there are several');
  }
  if (
    ordered &&
    partitions > 1 &&
    subject.split('.').some((token) => /\{schema\}/.test(token) && namesPartition(token))
  ) {
    throw new ConfigError(
      'subject',
      subject,
      'a token without {schema} for {partition}: consumers are told apart by it',
    );
  }
  if (ordered && consumer.filterSubjects !== undefined && namesPartition(subject)) {
    throw new ConfigError('consumer.filterSubjects', consumer.filterSubjects, 'nothing: `subject` says them');
  }
  if (ordered && (consumer.maxAckPending ?? 1) !== 1) {
    throw new ConfigError('consumer.maxAckPending', consumer.maxAckPending, '1 with `ordered`');
  }
  return {
    ...checked,
    consumer,
    connectionModule: connectionModule === undefined ? undefined : String(connectionModule),
  };
}
