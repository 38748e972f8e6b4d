/**
 * A connection to NATS, by which the messages of a batch go.
 */
import type { JetStreamClient, JetStreamManager, PubAck } from '@nats-io/jetstream';
import type { NatsConnection } from '@nats-io/transport-node';
import { connectNats, endConnection, natsPackages } from '../../nats/connect.js';
import { endsConnection } from '../../nats/error-meaning.js';
import { needPeers } from '../../peer-packages.js';
import type { Session } from '../connections/sessions.js';

import type { JetStreamSettings } from './options.js';

/** A message as it goes to the server. */
export interface Message {
  readonly subject: string;
  readonly payload: Uint8Array;
  /** The same for the same rows. */
  readonly id: string;
  /** The rows in it, by their number in the batch. */
  readonly rows: readonly number[];
}

export class NatsSession implements Session {
  readonly #client: JetStreamClient;
  /** Whether an answer shows that another connection may do better. */
  #isSpent = false;

  private constructor(
    private readonly connection: NatsConnection,
    client: JetStreamClient,
    readonly manager: JetStreamManager,
    private readonly settings: JetStreamSettings,
  ) {
    this.#client = client;
  }

  /** @throws what the client says, or PackageError where there is none. */
  static async open(settings: JetStreamSettings, signal: AbortSignal | undefined): Promise<NatsSession> {
    needPeers('the jetstream sink', natsPackages);
    const { jetstream, jetstreamManager } = await import('@nats-io/jetstream');
    const { domain, ackTimeoutMs } = settings;
    const connection = await connectNats(settings, signal);
    const options = { timeout: ackTimeoutMs, ...(domain !== undefined && { domain }) };
    const manager = await jetstreamManager(connection, { ...options, checkAPI: false });
    return new NatsSession(connection, jetstream(connection, options), manager, settings);
  }

  /** An answer shows that another connection may do better. */
  spend(): void {
    this.#isSpent = true;
  }

  get isUsable(): boolean {
    return !this.#isSpent && !this.connection.isClosed();
  }

  /** The largest message that the server takes, with its headers; it may change while the server runs. */
  get maxPayload(): number {
    return this.connection.info?.max_payload ?? 2 ** 20;
  }

  /** @returns the server's answer: the stream has the message. */
  async publish({ subject, payload, id }: Message): Promise<PubAck> {
    const { stream, ackTimeoutMs } = this.settings;
    try {
      return await this.#client.publish(subject, payload, {
        msgID: id,
        // Another stream that listens to the subject must not have it in place of this one.
        expect: { streamName: stream.name },
        timeout: ackTimeoutMs,
      });
    } catch (error) {
      if (endsConnection(error)) this.spend();
      throw error;
    }
  }

  async cancel(): Promise<void> {
    await this.connection.close();
  }

  /** What has been sent is answered by now; a connection without answers is not waited for. */
  async end(): Promise<void> {
    const isWell = this.isUsable;
    this.spend();
    await endConnection(this.connection, isWell);
  }
}
