/**
 * One connection to the server, used by one write at a time.
 */
import { connect as connectSocket, type Socket } from 'node:net';
import type { Client, ClientConfig } from 'pg';
import { messageOf } from '../../describe.js';
import { SinkError } from '../../errors.js';
import { untilAborted } from '../connections/until-aborted.js';
import type { SqlSession } from '../sql/sql-session.js';
import { endsSession } from './classify.js';
import { type Answers, Pipeline } from './pipeline.js';
import { MessageBuffer } from './wire/message-buffer.js';

/** How long an aborted statement may take to end when its end has been asked for. */
const cancelMs = 1000;
/** How long the last words of a connection may take. */
const farewellMs = 1000;

/** The number of a request to cancel, in place of a protocol's version. */
const cancelRequest = 80_877_102;

/** `Client` with what the cancellation of a statement needs. */
type KnownClient = Client & { readonly processID: number | null; readonly secretKey: number | null };

export class Session implements SqlSession {
  /** For the messages of this connection, one series after the other. */
  readonly buffer = new MessageBuffer();
  /** Names of the statements that the server keeps for this connection. */
  readonly prepared = new Set<string>();
  #isUsable = true;
  /** The transaction under way, or the last one. It resolves when the server has done with it, well or not. */
  #ended: Promise<unknown> = Promise.resolve();

  private constructor(private readonly client: KnownClient) {
    // Between two writes it is nobody's error: the next write finds the connection gone.
    client.on('error', () => this.#lost());
    client.on('end', () => this.#lost());
  }

  /**
   * Connect.
   * @param signal ends it; then the error is its reason.
   */
  static async open(config: ClientConfig, signal?: AbortSignal): Promise<Session> {
    const { Client } = await driver();
    signal?.throwIfAborted();
    const client = new Client(config) as KnownClient;
    const session = new Session(client);
    const abort = () => client.connection.stream.destroy(signal?.reason);
    signal?.addEventListener('abort', abort, { once: true });
    try {
      await client.connect();
      return session;
    } catch (error) {
      client.connection.stream.destroy();
      signal?.throwIfAborted();
      throw error;
    } finally {
      signal?.removeEventListener('abort', abort);
    }
  }

  /** Whether another write may use it. */
  get isUsable(): boolean {
    return this.#isUsable;
  }

  /**
   * Run a statement by `pg`'s own means.
   * @returns its rows.
   */
  async rows(sql: string, values?: unknown[]): Promise<Record<string, unknown>[]> {
    const answer = this.client.query(sql, values);
    this.#ended = answer.catch(() => {});
    try {
      return (await answer).rows;
    } catch (error) {
      this.#met(error);
      throw error;
    }
  }

  /** End a transaction that has failed. In one that is still open the next rows would not be committed. */
  async rollback(): Promise<void> {
    if (this.#isUsable) await this.rows('ROLLBACK').catch(() => this.#lost());
  }

  /**
   * Send the buffer's messages, a transaction with one `sync` at the end.
   *
   * @param signal ends the statement on the server, and the connection. Then the error is its reason.
   * @param answers filled as answers come.
   * @throws the server's error, when the transaction has been rolled back; or that of the connection, when nothing is
   *   known of it.
   */
  async send(signal: AbortSignal, answers: Answers): Promise<void> {
    signal.throwIfAborted();
    const answer = this.#answer(answers);
    this.#ended = answer.catch(() => {});
    try {
      await untilAborted(answer, signal);
      this.buffer.clear();
    } catch (error) {
      if (signal.aborted) this.#isUsable = false;
      else this.#met(error);
      throw error;
    }
  }

  #answer(answers: Answers): Promise<void> {
    return new Promise((resolve, reject) => {
      const done = (error: unknown) => {
        if (error === undefined) resolve();
        // The server goes on reading up to `sync`, and until then the buffer is in use.
        else if (!this.#isUsable || endsSession(error)) reject(error);
        else this.#whenRead(() => reject(error));
      };
      this.client.query(new Pipeline(this.buffer.written, answers, done));
    });
  }

  #whenRead(then: () => void): void {
    const { client } = this;
    const over = () => {
      client.off('drain', over).off('end', over);
      then();
    };
    client.on('drain', over).on('end', over);
  }

  /** End a transaction that is under way, and the connection. Resolves when the server has ended it, or time is up. */
  async cancel(): Promise<void> {
    const { stream } = this.client.connection;
    if (stream.destroyed) return;
    const timer = setTimeout(() => stream.destroy(), cancelMs);
    this.#askToCancel();
    await this.#ended;
    clearTimeout(timer);
    await this.end();
  }

  /**
   * The request goes by a connection of its own, before any authentication. The other side closes it: a pooler forgets
   * the request of a client that has gone.
   */
  #askToCancel(): void {
    const { port, processID, secretKey } = this.client;
    // A name may stand for several servers; only one of them knows the process.
    const host = (this.client.connection.stream as Partial<Socket>).remoteAddress ?? this.client.host;
    const request = Buffer.alloc(16);
    [16, cancelRequest, processID ?? 0, secretKey ?? 0].forEach((value, i) => {
      request.writeInt32BE(value, 4 * i);
    });
    const socket = host.startsWith('/')
      ? connectSocket(`${host}/.s.PGSQL.${port}`)
      : connectSocket(port, host);
    socket.setTimeout(cancelMs, () => socket.destroy());
    // Without an answer the statement goes on until its own time is up.
    socket.on('error', () => {});
    socket.on('connect', () => socket.write(request));
    socket.resume();
  }

  /** Take leave of the server. */
  async end(): Promise<void> {
    this.#isUsable = false;
    const { stream } = this.client.connection;
    if (stream.destroyed) return;
    const timer = setTimeout(() => stream.destroy(), farewellMs);
    await this.client.end().catch(() => {});
    clearTimeout(timer);
  }

  #met(error: unknown): void {
    if (endsSession(error)) this.#lost();
  }

  #lost(): void {
    this.#isUsable = false;
  }
}

async function driver(): Promise<{ Client: typeof Client }> {
  try {
    return (await import('pg')).default;
  } catch (cause) {
    throw new SinkError(`the postgres sink needs the package pg (npm install pg@8): ${messageOf(cause)}`, {
      cause,
    });
  }
}
