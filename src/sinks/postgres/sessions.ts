/**
 * The connections of one flusher: one for each write at a time, kept between writes, made anew when one is lost.
 */
import { messageOf } from '../../describe.js';
import { SinkError } from '../../errors.js';
import { connectionConfig } from './connection-config.js';
import type { PostgresSettings } from './options.js';
import { Session } from './session.js';
import { untilAborted } from './until-aborted.js';

/** No connection could be had. The error of `pg` is its cause. */
export class ConnectError extends SinkError {}

export class Sessions {
  readonly #idle: Session[] = [];
  /** Ends of connections whose statement may still be under way. */
  readonly #leaving = new Set<Promise<void>>();
  #isClosed = false;

  constructor(private readonly settings: PostgresSettings) {}

  /**
   * A connection for one write, which gives it back. A statement that was aborted has ended by then, unless the server
   * cannot be reached: it would otherwise compete with its own repetition.
   *
   * @throws ConnectError
   */
  async take(signal?: AbortSignal): Promise<Session> {
    if (this.#leaving.size > 0) await untilAborted(Promise.all(this.#leaving), signal);
    for (let idle = this.#idle.pop(); idle !== undefined; idle = this.#idle.pop()) {
      if (idle.isUsable) return idle;
    }
    try {
      const config = await untilAborted(connectionConfig(this.settings), signal);
      return await Session.open(config, signal);
    } catch (cause) {
      signal?.throwIfAborted();
      if (cause instanceof SinkError) throw cause;
      throw new ConnectError(`cannot connect to PostgreSQL: ${messageOf(cause)}`, { cause });
    }
  }

  /** Give a connection back when its write has ended. */
  give(session: Session): void {
    if (session.isUsable && !this.#isClosed) this.#idle.push(session);
    else this.#leave(session.end());
  }

  /** Give back a connection whose write was aborted. */
  abandon(session: Session): void {
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
