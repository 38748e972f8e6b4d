/**
 * The source that reads a stream of NATS JetStream by a durable consumer, which any number of hosts share. A message is
 * acknowledged when all of its rows have ended. docs/sources/jetstream.md has all of it.
 *
 * It needs @nats-io/transport-node and @nats-io/jetstream where it runs, in the source's thread; they are not loaded
 * here.
 */
import { natsPackages } from '../../nats/connect.js';
import { ownFile } from '../../own-files.js';
import { needPeers } from '../../peer-packages.js';
import type { SourceRef } from '../../source.js';
import { type JetStreamSourceOptions, settingsOf } from './options.js';

export type { NatsOptions } from '../../nats/options.js';
export type { TlsOptions } from '../../sinks/connections/connection-options.js';
export type { ConsumerOptions } from './consumer-options.js';
export type { JetStreamSourceOptions } from './options.js';

/**
 * Take events from a stream: messages of the JetStream sink, and JSON, one event or a line for each.
 *
 * Each message is delivered at least once. With `identity: 'given'` events keep the identities that they have in a
 * message, and a sink with `identityColumn` stores each of them once.
 *
 * @throws ConfigError when an option cannot work; PackageError when a client's package is not installed. A consumer
 *   that is not what the options say fails the flow (SourceError); a server that cannot be reached, or a stream that is
 *   not there, does so only with `requireServer`.
 * @example
 * const source = jetstream({ url: 'nats://queue.example:4222', stream: 'EVENTS', consumer: 'table' });
 * const flow = await createBatchFlow({ schema: Order, sink, deadLetters, source, identity: 'given' });
 */
export function jetstream(options: JetStreamSourceOptions): SourceRef {
  const settings = settingsOf(options);
  needPeers('the jetstream source', natsPackages);
  return { module: ownFile('./sources/jetstream/source.js').href, options: settings };
}
