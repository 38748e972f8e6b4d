/**
 * One connection to the server, used by one write at a time.
 */
import type { Connection, ConnectionOptions } from 'mysql2';
import { messageOf } from '../../describe.js';
import { SinkError } from '../../errors.js';
import { untilAborted } from '../connections/until-aborted.js';
import type { SqlSession } from '../sql/sql-session.js';
import { WireBuffer } from '../wire/wire-buffer.js';
import { endsSession } from './classify.js';
import { type KnownDriver, runPacket, takesPackets } from './row-command.js';
import { ServerSocket } from './server-socket.js';
import { Statements } from './statements.js';

type Driver = typeof import('mysql2');

/** How long an aborted statement may take to end when its end has been asked for. */
const cancelMs = 1000;
/** How long the last words of a connection may take. */
const farewellMs = 1000;
/** Most bytes of a packet: a longer one would be sent as several. What is left is for headers. */
const mostPacketBytes = 2 ** 24 - 64;

interface SessionFacts {
  /** The server's number of the connection. */
  readonly id: string;
  readonly isMariadb: boolean;
  /** The most bytes of a packet. */
  readonly packetBytes: number;
}

export class Session implements SqlSession {
  /** For the packets of this connection, one after the other. */
  readonly buffer = new WireBuffer(mostPacketBytes);
  readonly statements: Statements;
  /** Whether packets of our own can be sent. */
  readonly takesPackets: boolean;
  #isUsable = true;
  #facts: SessionFacts = { id: '0', isMariadb: false, packetBytes: 0 };
  /** The statement under way, or the last one. It resolves when the server has done with it, well or not. */
  #ended: Promise<unknown> = Promise.resolve();

  private constructor(
    readonly driver: Driver,
    private readonly connection: Connection,
    private readonly socket: ServerSocket,
    private readonly config: ConnectionOptions,
  ) {
    this.statements = new Statements(connection);
    this.takesPackets = takesPackets(driver, connection);
    // Between two writes it is nobody's error: the next write finds the connection gone.
    connection.on('error', () => this.#lost());
    connection.on('end', () => this.#lost());
    socket.stream.on('close', () => this.#lost());
  }

  /**
   * Connect, and set what a session needs.
   *
   * @param signal ends it; then the error is its reason.
   * @throws SinkError for a connection that is not UTF-8.
   */
  static async open(
    config: ConnectionOptions,
    settings: (isMariadb: boolean) => string,
    signal?: AbortSignal,
  ): Promise<Session> {
    const driver = await loadDriver();
    signal?.throwIfAborted();
    const { connection, socket } = connect(driver, config);
    const session = new Session(driver, connection, socket, config);
    const abort = () => socket.stream.destroy(signal?.reason);
    signal?.addEventListener('abort', abort, { once: true });
    try {
      await connected(connection);
      await session.#begin(settings);
      return session;
    } catch (error) {
      socket.stream.destroy();
      signal?.throwIfAborted();
      throw error;
    } finally {
      signal?.removeEventListener('abort', abort);
    }
  }

  async #begin(settings: (isMariadb: boolean) => string): Promise<void> {
    const [facts] = await this.rows(
      'SELECT CAST(CONNECTION_ID() AS CHAR) AS id, @@version AS version, ' +
        'CAST(@@max_allowed_packet AS CHAR) AS packet, @@character_set_client AS charset',
    );
    const { id, version, packet, charset } = facts as Record<string, string>;
    if (charset !== 'utf8mb4') {
      throw new SinkError(`the charset of the connection is ${charset}; the mysql sink needs utf8mb4`);
    }
    const isMariadb = /mariadb/i.test(version as string);
    const packetBytes = Math.min(mostPacketBytes, Number(packet)) - 64;
    this.#facts = { id: id as string, isMariadb, packetBytes };
    await this.rows(settings(isMariadb));
  }

  /** Whether another write may use it. */
  get isUsable(): boolean {
    return this.#isUsable;
  }

  get packetBytes(): number {
    return this.#facts.packetBytes;
  }

  /** Whether the server executes in bulk. */
  get takesBulk(): boolean {
    return this.socket.asksForBulk && this.#facts.isMariadb && this.takesPackets;
  }

  /** Run a statement by `mysql2`'s own means. @returns its rows. */
  async rows(sql: string, values: unknown[] = []): Promise<Record<string, unknown>[]> {
    const rows = await this.#answered(this.#query(sql, values), undefined);
    return Array.isArray(rows) ? rows : [];
  }

  /** Run a statement that an abort ends. @returns how many rows it has changed. */
  async run(sql: string, signal: AbortSignal): Promise<number> {
    signal.throwIfAborted();
    return changed(await this.#answered(this.#query(sql, []), signal));
  }

  #query(sql: string, values: unknown[]): Promise<unknown> {
    return new Promise((resolve, reject) => {
      this.connection.query({ sql, values }, (error, result) =>
        error === null ? resolve(result) : reject(error),
      );
    });
  }

  /** End a transaction that has failed. In one that is still open the next rows would not be committed. */
  async rollback(): Promise<void> {
    if (this.#isUsable) await this.rows('ROLLBACK').catch(() => this.#lost());
  }

  /** Prepare a statement. @returns its number. */
  prepare(sql: string): Promise<number> {
    return this.#answered(this.statements.prepare(sql), undefined);
  }

  /**
   * Send the packet in the buffer.
   *
   * @param signal ends the wait. Then the error is its reason.
   * @returns how many rows its statement has changed.
   * @throws the server's error; or that of the connection, when nothing is known of the statement.
   */
  async send(signal: AbortSignal): Promise<number> {
    signal.throwIfAborted();
    const answer = new Promise<unknown>((resolve, reject) => {
      const driver = this.driver as unknown as KnownDriver;
      runPacket(driver, this.connection, this.buffer.written, (error, result) =>
        error === null ? resolve(result) : reject(error),
      );
    });
    const result = await this.#answered(answer, signal);
    this.buffer.clear();
    return changed(result);
  }

  async #answered<T>(answer: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
    this.#ended = answer.catch(() => {});
    try {
      return await untilAborted(answer, signal);
    } catch (error) {
      if (signal?.aborted || endsSession(error)) this.#lost();
      // The text of the statement may have values of rows.
      if (error instanceof Error && 'sql' in error) error.sql = undefined;
      throw error;
    }
  }

  async cancel(): Promise<void> {
    const { stream } = this.socket;
    if (stream.destroyed) return;
    const timer = setTimeout(() => stream.destroy(), cancelMs);
    const ended = this.#ended;
    this.#lost();
    await Promise.race([this.#askToEnd(), closed(stream)]);
    await ended;
    clearTimeout(timer);
    stream.destroy();
  }

  /** The request goes by a connection of its own. The server ends the connection and rolls back. */
  async #askToEnd(): Promise<void> {
    // A name may stand for several servers, and the number of another one's connection is the same.
    const { remoteAddress } = this.socket.stream;
    const { connection, socket } = connect(this.driver, this.config, remoteAddress);
    const timer = setTimeout(() => socket.stream.destroy(), cancelMs);
    connection.on('error', () => {});
    // Without an answer the statement goes on until its own time is up.
    await new Promise<void>((resolve) => {
      socket.stream.on('close', () => resolve());
      connection.query(`KILL ${this.#facts.id}`, () => connection.end(() => socket.stream.destroy()));
    });
    clearTimeout(timer);
  }

  async end(): Promise<void> {
    const { stream } = this.socket;
    this.#lost();
    if (stream.destroyed) return;
    const timer = setTimeout(() => stream.destroy(), farewellMs);
    const closing = closed(stream);
    this.connection.end(() => {});
    await closing;
    clearTimeout(timer);
  }

  #lost(): void {
    this.#isUsable = false;
  }
}

function changed(answer: unknown): number {
  return (answer as { affectedRows: number }).affectedRows;
}

function closed(stream: ServerSocket['stream']): Promise<void> {
  return new Promise((resolve) => {
    if (stream.destroyed) resolve();
    else stream.once('close', () => resolve());
  });
}

/** @param address the server's own, in place of the one that its name stands for. */
function connect(driver: Driver, config: ConnectionOptions, address?: string) {
  const socket = new ServerSocket(address === undefined ? config : { ...config, host: address });
  const { servername, ...ssl } = (config.ssl ?? {}) as { servername?: string };
  const connection = driver.createConnection({
    ...config,
    stream: () => socket.stream,
    ...(config.ssl === undefined ? {} : { ssl }),
    // The name that the server's certificate has to have.
    ...(servername === undefined ? {} : { host: servername }),
  });
  return { connection, socket };
}

function connected(connection: Connection): Promise<void> {
  return new Promise((resolve, reject) => {
    connection.connect((error) => (error === null || error === undefined ? resolve() : reject(error)));
  });
}

async function loadDriver(): Promise<Driver> {
  try {
    return (await import('mysql2')).default as unknown as Driver;
  } catch (cause) {
    throw new SinkError(
      `the mysql sink needs the package mysql2 (npm install mysql2@3): ${messageOf(cause)}`,
      {
        cause,
      },
    );
  }
}
