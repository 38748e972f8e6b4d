/**
 * The sink for NATS JetStream: the rows of each batch become messages of a stream, by partition, and are committed when
 * the stream has stored them.
 *
 * Messages are packed, in columns (docs/jetstream/format.md), or JSON, one event each, or Arrow IPC.
 * docs/sinks/jetstream.md has all of it.
 *
 * It needs @nats-io/transport-node and @nats-io/jetstream where the sink runs, in the flusher's thread; they are not
 * loaded here.
 */
import { natsPackages } from '../../nats/connect.js';
import { ownFile } from '../../own-files.js';
import { needPeers } from '../../peer-packages.js';
import type { SinkRef } from '../../sink.js';
import { type JetStreamOptions, settingsOf } from './options.js';

export type { NatsOptions } from '../../nats/options.js';
export type { TlsOptions } from '../connections/connection-options.js';
export { classifyNatsError } from './classify.js';
export type { JetStreamOptions, MessageFormat } from './options.js';
export type { StreamOptions } from './stream-options.js';

/**
 * Publish batches to a stream of JetStream.
 *
 * Rows that a flow gives up are dropped and counted, unless the flow's configuration has `deadLetters`.
 *
 * @throws ConfigError when an option cannot work; PackageError when a client's package is not installed. A stream that
 *   is not what the options say fails the flow when its flushers open (SinkError); a server that cannot be reached does
 *   so only with `requireServer`.
 * @example
 * jetstream({ url: 'nats://queue.example:4222', stream: { name: 'EVENTS', replicas: 3 } })
 * @example
 * // Events of one customer keep their order, and go to one of 16 subjects.
 * const servers = ['a.example:4222', 'b.example:4222'];
 * jetstream({ servers, stream: 'EVENTS', partitions: 16, partitionBy: ['customer'], ordered: true })
 */
export function jetstream(options: JetStreamOptions): SinkRef {
  const settings = settingsOf(options);
  needPeers('the jetstream sink', natsPackages);
  if (settings.format === 'arrow') needPeers("format: 'arrow' of the jetstream sink", ['apache-arrow']);
  return {
    module: ownFile('./sinks/jetstream/sink.js').href,
    options: settings,
    target: { backend: 'jetstream', operation: 'publish' },
  };
}
