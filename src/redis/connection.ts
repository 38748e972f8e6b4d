/**
 * A connection of our own to one server: a socket, commands as they are encoded, and replies counted or read.
 *
 * `@redis/client` offers no way to send commands that are encoded already. By its own ways each row would be a list of
 * arguments, a promise and an object in a queue; docs/decisions/022 has the figures.
 */
import { connect as connectPlain, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { SinkError } from '../errors.js';
import type { Address } from './address.js';
import { RedisReplyError } from './reply-error.js';
import { endsSession } from './reply-meaning.js';
import { commandBuffer, type RedisSession, type ReplySink } from './session.js';
import { command } from './wire/commands.js';
import { type Reply, ReplyReader } from './wire/replies.js';
import { ReplyValues } from './wire/reply-values.js';

const keepAliveMs = 30_000;

/** The server has ended the connection, or something between has. */
class ConnectionClosedError extends Error {
  override readonly name = 'ConnectionClosedError';
  readonly code = 'ECONNRESET';
}

/** Commands that are under way. */
interface Series {
  left: number;
  readonly replies: ReplySink;
  readonly resolve: () => void;
  readonly reject: (error: Error) => void;
}

export class Connection implements RedisSession {
  readonly buffer = commandBuffer();
  /** In the order of their replies. */
  readonly #series: Series[] = [];
  /** What has ended the connection; undefined while it is open. */
  #ended: Error | undefined;
  /** Whether a reply shows that another connection may do better. */
  #isSpent = false;

  private constructor(
    private readonly socket: Socket,
    private readonly values: ReplyValues | undefined,
  ) {
    const reader = new ReplyReader((reply) => this.#replied(reply), values);
    socket.on('data', (chunk: Buffer) => {
      try {
        reader.read(chunk);
      } catch (error) {
        this.#end(error as Error);
      }
    });
    socket.on('error', (error) => this.#end(error));
    socket.on('close', () => this.#end(new ConnectionClosedError('the connection to Redis was closed')));
  }

  /**
   * Connect, and show the user.
   *
   * @param readsValues whether replies have values.
   * @throws what the socket or the server says, or that it took too long.
   */
  static async open(
    address: Address,
    {
      applicationName,
      connectTimeoutMs,
    }: { readonly applicationName: string; readonly connectTimeoutMs: number },
    signal: AbortSignal | undefined,
    readsValues: boolean,
  ): Promise<Connection> {
    signal?.throwIfAborted();
    const socket = socketTo(address);
    const connection = new Connection(socket, readsValues ? new ReplyValues() : undefined);
    const abort = () => connection.#end(signal?.reason as Error);
    signal?.addEventListener('abort', abort, { once: true });
    const timer = setTimeout(() => connection.#end(timeout(connectTimeoutMs)), connectTimeoutMs);
    try {
      await connection.#greet(address, applicationName);
      return connection;
    } catch (error) {
      connection.#end(error as Error);
      throw error;
    } finally {
      clearTimeout(timer);
      signal?.removeEventListener('abort', abort);
    }
  }

  get isUsable(): boolean {
    return this.#ended === undefined && !this.#isSpent && this.#series.length === 0;
  }

  send(commands: Buffer, count: number, replies: ReplySink): Promise<void> {
    return new Promise((resolve, reject) => {
      if (this.#ended !== undefined) {
        reject(this.#ended);
        return;
      }
      this.#series.push({ left: count, replies, resolve, reject });
      this.socket.write(commands);
    });
  }

  /** Commands cannot be taken back: the server does those that it has got. */
  async cancel(): Promise<void> {
    this.#end(new SinkError('the work was aborted'));
  }

  async end(): Promise<void> {
    this.#end(new SinkError('the connection was closed from this side'));
  }

  /** Show the user and choose the database, without which no row may go; and learn whether the server answers. */
  async #greet({ user, password, database }: Address, name: string): Promise<void> {
    const showsUser = user !== undefined || password !== undefined;
    const needed = [
      ...(showsUser ? [command(['AUTH', ...(user === undefined ? [] : [user]), password ?? ''])] : []),
      ...(database === 0 ? [] : [command(['SELECT', String(database)])]),
    ];
    const greetings = [
      ...needed,
      command(['PING']),
      command(['CLIENT', 'SETNAME', name.replace(/[^!-~]/g, '_')]),
    ];
    const errors: (Error | undefined)[] = [];
    await this.send(Buffer.concat(greetings), greetings.length, { replied: (error) => errors.push(error) });
    const failure = errors.slice(0, needed.length).find((error) => error !== undefined);
    if (failure !== undefined) throw failure;
    const answer = errors[needed.length];
    if (answer !== undefined && !mayPass(answer)) throw answer;
  }

  #replied(reply: Reply): void {
    const [series] = this.#series;
    if (series === undefined) {
      // A server that has too many clients says so before it ends the connection.
      const unasked = typeof reply === 'object' ? new RedisReplyError(reply.error) : undefined;
      this.#end(unasked ?? new ConnectionClosedError('the server replied to no command'));
      return;
    }
    if (typeof reply === 'object') {
      const error = new RedisReplyError(reply.error);
      if (endsSession(error)) this.#isSpent = true;
      series.replies.replied(error, false);
    } else series.replies.replied(undefined, reply === 'none', this.values?.take());
    if (--series.left > 0) return;
    this.#series.shift();
    series.resolve();
  }

  #end(error: Error): void {
    if (this.#ended !== undefined) return;
    this.#ended = error;
    this.socket.destroy();
    for (const series of this.#series.splice(0)) series.reject(error);
  }
}

/** Whether writes may be done, whatever the server says to a PING: it is busy, or the user may write and no more. */
function mayPass({ message }: Error): boolean {
  return /^(LOADING|BUSY|MASTERDOWN|MISCONF|NOPERM) /.test(message);
}

function socketTo({ host, port, socketPath, tls }: Address): Socket {
  const way = {
    ...(socketPath === undefined ? { host, port } : { path: socketPath }),
    noDelay: true,
    keepAlive: true,
    keepAliveInitialDelay: keepAliveMs,
  };
  return tls === undefined
    ? connectPlain(way as Parameters<typeof connectPlain>[0] & object)
    : connectTls({ ...way, ...tls });
}

function timeout(ms: number): Error {
  return Object.assign(new Error(`no connection to Redis within ${ms} ms`), { code: 'ETIMEDOUT' });
}
