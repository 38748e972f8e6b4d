/**
 * The connections of one flusher: one for each write at a time, kept between writes, made anew when one is lost.
 */
import { messageOf } from '../../describe.js';
import { SinkError } from '../../errors.js';
import { untilAborted } from './until-aborted.js';

/** No connection could be had. The driver's error is its cause. */
export class ConnectError extends SinkError {
  /** No table was looked at. */
  readonly stage = 'execute';
}

/** One connection to a server. */
export interface Session {
  /** Whether another write may use it. */
  readonly isUsable: boolean;
  /** End what is under way, and the connection. Resolves when the server has ended it, or time is up. */
  cancel(): Promise<void>;
  /** Take leave of the server. */
  end(): Promise<void>;
}

export class Sessions<S extends Session> {
  readonly #idle: S[] = [];
  /** Ends of connections whose work may still be under way. */
  readonly #leaving = new Set<Promise<void>>();
  #isClosed = false;

  /**
   * @param server the server's kind, for errors.
   * @param open connects; the signal ends it.
   */
  constructor(
    private readonly server: string,
    private readonly open: (signal: AbortSignal | undefined) => Promise<S>,
  ) {}

  /**
   * A connection for one write, which gives it back. Work that was aborted has ended by then, unless the server
   * cannot be reached: it would otherwise compete with its own repetition.
   *
   * @throws ConnectError
   */
  async take(signal?: AbortSignal): Promise<S> {
    if (this.#leaving.size > 0) await untilAborted(Promise.all(this.#leaving), signal);
    for (let idle = this.#idle.pop(); idle !== undefined; idle = this.#idle.pop()) {
      if (idle.isUsable) return idle;
    }
    try {
      return await this.open(signal);
    } catch (cause) {
      signal?.throwIfAborted();
      if (cause instanceof SinkError) throw cause;
      throw new ConnectError(`cannot connect to ${this.server}: ${messageOf(cause)}`, { cause });
    }
  }

  /** Give a connection back when its write has ended. */
  give(session: S): void {
    if (session.isUsable && !this.#isClosed) this.#idle.push(session);
    else this.#leave(session.end());
  }

  /** Give back a connection whose write was aborted. */
  abandon(session: S): void {
    this.#leave(session.cancel());
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    for (const session of this.#idle.splice(0)) this.#leave(session.end());
    await Promise.all(this.#leaving);
  }

  #leave(end: Promise<void>): void {
    this.#leaving.add(end);
    void end.finally(() => this.#leaving.delete(end));
  }
}
