/**
 * The options of commands that publish to JetStream, and the sink that they name.
 */
import { type Command, Option } from 'commander';
import { ConfigError } from '../errors.js';
import { subjectOf } from '../nats/subject-template.js';
import type { SinkRef } from '../sink.js';
import { jetstream } from '../sinks/jetstream/index.js';
import type { NatsAddress } from './nats-address.js';
import { columnNames, notEmpty, wholeNumber } from './option-values.js';

const retentions = ['limits', 'interest', 'workqueue'] as const;
const formats = ['packed', 'json'] as const;

/** How messages are made, and the stream where there is none. */
export interface JetStreamWay {
  subject?: string;
  partitions?: number;
  partitionBy?: string[];
  ordered?: true;
  messageFormat?: (typeof formats)[number];
  replicas?: number;
  retention?: (typeof retentions)[number];
  streamMaxBytes?: number;
  streamMaxAgeS?: number;
}

const usualSubject = 'events.{schema}.{partition}';

const names = [
  ...(['subject', 'partitions', 'partitionBy', 'ordered', 'messageFormat'] as const),
  ...(['replicas', 'retention', 'streamMaxBytes', 'streamMaxAgeS'] as const),
] satisfies readonly (keyof JetStreamWay)[];

export function addJetStreamOptions(command: Command): Command {
  return command
    .option('--subject <TEMPLATE>', `for JetStream: subjects of messages; default: ${usualSubject}`, notEmpty)
    .option(
      '--partitions <number>',
      'for JetStream: how many partitions rows are divided into; default: 1',
      wholeNumber(1, 65_536),
    )
    .option(
      '--partition-by <a,b>',
      "for JetStream: the columns that decide on a row's partition",
      columnNames,
    )
    .option('--ordered', 'for JetStream: one message of a partition at a time, so that rows keep their order')
    .addOption(
      new Option(
        '--message-format <format>',
        'for JetStream: messages of many rows for "batchflow work", or of one event for others; default: packed',
      ).choices(formats),
    )
    .option(
      '--replicas <number>',
      'for JetStream: how many servers keep the stream; default: as it is, 1 for a new one',
      wholeNumber(1, 5),
    )
    .addOption(
      new Option(
        '--retention <policy>',
        'for JetStream: which messages the stream keeps; default: as it is, limits for a new one',
      ).choices(retentions),
    )
    .option(
      '--stream-max-bytes <bytes>',
      'for JetStream: how large the stream may be; a full one refuses messages',
      wholeNumber(1, Number.MAX_SAFE_INTEGER),
    )
    .option(
      '--stream-max-age-s <s>',
      'for JetStream: how long the stream keeps messages, read or not',
      wholeNumber(1, 24 * 366 * 100 * 3600),
    );
}

/** @throws ConfigError for an option that an address of another target has no use for. */
export function refuseJetStreamOptions(settings: JetStreamWay): void {
  for (const name of names) {
    const value = settings[name];
    if (value !== undefined) throw new ConfigError(name, value, 'nothing, unless --sink is of NATS');
  }
}

/** The subjects of a schema's messages, as readers see them. */
export function subjectsOfRows(
  { subject = usualSubject, partitions = 1 }: JetStreamWay,
  schema: string,
): string {
  const first = subjectOf(subject, schema, 0);
  const last = subjectOf(subject, schema, partitions - 1);
  return first === last ? first : `${first} to ${last}`;
}

/**
 * The sink of a stream.
 *
 * @param create whether the stream is made where there is none.
 * @param identityField the member of rows' identities in JSON messages.
 * @throws ConfigError when an option cannot work.
 */
export function jetStreamSink(
  settings: JetStreamWay,
  { stream, connection }: NatsAddress,
  { create, requireServer }: { readonly create: boolean; readonly requireServer: boolean },
  identityField: string | undefined,
): SinkRef {
  const { subject, partitions, partitionBy, ordered, messageFormat: format, replicas, retention } = settings;
  const { streamMaxBytes: maxBytes, streamMaxAgeS: maxAge } = settings;
  if (identityField !== undefined && format !== 'json') {
    const expected = 'nothing: packed messages have identities; the column is an option of their readers';
    throw new ConfigError('identityColumn', identityField, expected);
  }
  try {
    return jetstream({
      ...connection,
      requireServer,
      stream: {
        ...{ name: stream, create },
        ...(replicas !== undefined && { replicas }),
        ...(retention !== undefined && { retention }),
        ...(maxBytes !== undefined && { maxBytes }),
        ...(maxAge !== undefined && { maxAgeMs: maxAge * 1000 }),
      },
      ...(subject !== undefined && { subject }),
      ...(partitions !== undefined && { partitions }),
      ...(partitionBy !== undefined && { partitionBy }),
      ...(ordered && { ordered }),
      ...(format !== undefined && { format }),
      ...(identityField !== undefined && { identityField }),
    });
  } catch (error) {
    // Parts of the address are named by it.
    if (!(error instanceof ConfigError) || names.includes(error.key as keyof JetStreamWay)) throw error;
    throw new ConfigError('url', error.value, `${error.key}: ${error.expected}`);
  }
}
