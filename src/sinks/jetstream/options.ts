/**
 * The options of the JetStream sink: what they mean, what is allowed, and their defaults.
 */
import { ConfigError } from '../../errors.js';
import { checkNats, type NatsOptions, type NatsSettings, natsRules, streamName } from '../../nats/options.js';
import { isSubjectTemplate, namesPartition } from '../../nats/subject-template.js';
import { type Checked, check, group, type RulesFor } from '../../options/check.js';
import { boolean, integer, list, oneOf, text, union } from '../../options/rules.js';
import { type JsonFormOptions, jsonFormRules } from '../encode/json-form.js';
import { type StreamOptions, type StreamSettings, streamRules } from './stream-options.js';

/** What a message is. */
export type MessageFormat =
  /** The rows of a batch, in columns: docs/jetstream/format.md. */
  | 'packed'
  /** One event, as a JSON object. */
  | 'json'
  /** The rows of a batch as a stream of Arrow IPC. Needs apache-arrow. */
  | 'arrow';

export interface JetStreamOptions extends NatsOptions, JsonFormOptions {
  /** The stream, by its name or in detail. It is made where there is none. */
  stream: string | StreamOptions;
  /** The subjects of messages: a text with `{schema}` and `{partition}`. Default `events.{schema}.{partition}`. */
  subject?: string;
  /** How many partitions the rows are divided into. Default 1. */
  partitions?: number;
  /** The columns whose values decide on a row's partition: rows with equal values always have the same one. */
  partitionBy?: readonly string[];
  /** Default `packed`. */
  format?: MessageFormat;
  /** Messages of one batch that may be without an answer at a time. Default 8; 256 with `format: 'json'`. */
  maxInFlight?: number;
  /** Send a message only when the one before it in its partition is stored. Default false. */
  ordered?: boolean;
  /** The largest message; a batch above it becomes several. Default: what the server and the stream take. */
  maxMessageBytes?: number;
  /** How long to wait for the answer to one message. Default 5,000. */
  ackTimeoutMs?: number;
}

export const jetStreamRules = {
  ...natsRules,
  ...jsonFormRules,
  stream: union("a stream's name, or { name, replicas, storage, … }", streamName, group(streamRules)),
  subject: text()
    .and(isSubjectTemplate, 'a subject without wildcards, which may have {schema} and {partition}')
    .default('events.{schema}.{partition}'),
  partitions: integer(1, 65_536).default(1),
  partitionBy: list(text(), 'a list of columns')
    .and(({ length }) => length > 0, 'at least one column')
    .optional(),
  format: oneOf('packed', 'json', 'arrow').default('packed'),
  maxInFlight: integer(1, 65_536).optional(),
  ordered: boolean().default(false),
  maxMessageBytes: integer(1024, 2 ** 30).optional(),
  ackTimeoutMs: integer(1, 3_600_000).default(5000),
} satisfies RulesFor<JetStreamOptions>;

/** The options with their defaults, as they are posted to a flusher. */
export interface JetStreamSettings
  extends Omit<Checked<typeof jetStreamRules>, 'stream' | 'maxInFlight' | 'connectionModule'>,
    NatsSettings {
  readonly stream: StreamSettings;
  readonly maxInFlight: number;
  readonly connectionModule: string | undefined;
}

/**
 * Check the options and fill in their defaults.
 *
 * @throws ConfigError for the first option that cannot work.
 */
export function settingsOf(options: JetStreamOptions): JetStreamSettings {
  const checked = check(jetStreamRules, options);
  const { stream, partitions, partitionBy, subject, format, connectionModule } = checked;
  checkNats(checked);
  if (partitions > 1 && partitionBy === undefined) {
    throw new ConfigError('partitionBy', partitionBy, 'the columns that decide on the partition');
  }
  if (partitions > 1 && !namesPartition(subject)) {
    throw new ConfigError('subject', subject, 'a subject with {partition}, as there are several');
  }
  return {
    ...checked,
    stream: typeof stream === 'string' ? check(streamRules, { name: stream }) : stream,
    maxInFlight: checked.maxInFlight ?? (format === 'json' ? 256 : 8),
    connectionModule: connectionModule === undefined ? undefined : String(connectionModule),
  };
}
