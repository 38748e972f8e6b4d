/**
 * The source's connection to NATS. One that is lost, or gives no answer, is replaced by the next that asks for one.
 */
import type { JetStreamManager } from '@nats-io/jetstream';
import type { NatsConnection, PermissionViolationError } from '@nats-io/transport-node';
import { connectNats, endConnection, natsPackages } from '../../nats/connect.js';
import { isForbidden } from '../../nats/error-meaning.js';
import { needPeers } from '../../peer-packages.js';
import type { JetStreamSourceSettings } from './options.js';

export class NatsSession {
  #isSpent = false;
  #refusal: PermissionViolationError | undefined;

  constructor(
    readonly connection: NatsConnection,
    readonly manager: JetStreamManager,
    /** What subjects of the server's interface begin with. */
    readonly prefix: string,
    /** A subject of one's own, for answers. */
    readonly newInbox: () => string,
  ) {
    void this.#listen();
  }

  /** What the user may not do, which the server says of itself and in answer to nothing. */
  get refusal(): PermissionViolationError | undefined {
    return this.#refusal;
  }

  /** Another connection may do better. */
  spend(): void {
    this.#isSpent = true;
  }

  get isUsable(): boolean {
    return !this.#isSpent && !this.connection.isClosed();
  }

  async #listen(): Promise<void> {
    for await (const status of this.connection.status()) {
      if (status.type === 'error' && isForbidden(status.error))
        this.#refusal = status.error as PermissionViolationError;
    }
  }
}

export class Connecting {
  #session: NatsSession | undefined;
  #opening: Promise<NatsSession> | undefined;
  readonly #closed = new AbortController();

  constructor(private readonly settings: JetStreamSourceSettings) {}

  /** The session that is there, if it can be used. */
  get current(): NatsSession | undefined {
    return this.#session?.isUsable ? this.#session : undefined;
  }

  /** @throws what the client says; PackageError where there is none. */
  session(): Promise<NatsSession> {
    const { current } = this;
    if (current !== undefined) return Promise.resolve(current);
    this.#opening ??= this.#open().finally(() => {
      this.#opening = undefined;
    });
    return this.#opening;
  }

  async close(): Promise<void> {
    this.#closed.abort(new Error('the source was closed'));
    const { current } = this;
    if (this.#session !== undefined) await endConnection(this.#session.connection, current !== undefined);
  }

  async #open(): Promise<NatsSession> {
    const { settings } = this;
    const old = this.#session;
    this.#session = undefined;
    // What it still has to say is of no use.
    if (old !== undefined) await old.connection.close().catch(() => {});
    needPeers('the jetstream source', natsPackages);
    const { createInbox } = await import('@nats-io/transport-node');
    const { jetstreamManager } = await import('@nats-io/jetstream');
    const connection = await connectNats(settings, this.#closed.signal);
    const { domain, ackTimeoutMs } = settings;
    const options = { timeout: ackTimeoutMs, ...(domain !== undefined && { domain }) };
    const manager = await jetstreamManager(connection, { ...options, checkAPI: false });
    const prefix = domain === undefined ? '$JS.API' : `$JS.${domain}.API`;
    const { inboxPrefix } =
      (connection as { readonly options?: { readonly inboxPrefix?: string } }).options ?? {};
    this.#session = new NatsSession(connection, manager, prefix, () => createInbox(inboxPrefix));
    return this.#session;
  }
}
