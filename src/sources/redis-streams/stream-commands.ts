/**
 * The commands of the source: each by a connection that is kept for the next one. A command that waits has its own.
 */
import { setTimeout as pause } from 'node:timers/promises';
import { redisSessions } from '../../redis/redis-sessions.js';
import type { RedisSession } from '../../redis/session.js';
import { command } from '../../redis/wire/commands.js';
import type { RedisValue } from '../../redis/wire/reply-values.js';
import type { Sessions } from '../../sinks/connections/sessions.js';
import { untilAborted } from '../../sinks/connections/until-aborted.js';
import { type Entry, entriesRead } from './entry.js';
import type { RedisStreamsSettings } from './options.js';

type Command = readonly string[];

/** How long a reply may take. */
const replyMs = 10_000;
/** How long a wait for entries may go on after its end was asked for. */
const unblockMs = 1000;
const unblockPauseMs = 20;

class NoReplyError extends Error {
  override readonly name = 'NoReplyError';
  readonly code = 'ETIMEDOUT';

  constructor(ms: number) {
    super(`Redis gave no reply within ${ms} ms`);
  }
}

export class StreamCommands {
  readonly #sessions: Sessions<RedisSession>;

  constructor(private readonly settings: RedisStreamsSettings) {
    this.#sessions = redisSessions(settings, settings.stream);
  }

  /** Send a command. @throws what the server replies, or what is wrong with the way to it. */
  async ask(...args: Command): Promise<RedisValue> {
    const [value = null] = await this.askAll([args]);
    return value;
  }

  /** Send commands together. @throws the first error of a reply. */
  askAll(commands: readonly Command[]): Promise<RedisValue[]> {
    return this.#within(replyMs, (session) => sendAll(session, commands));
  }

  /**
   * Entries that no consumer of the group has had; none when the time is up.
   *
   * @param signal ends the wait.
   */
  async fetch(count: number, waitMs: number, signal: AbortSignal): Promise<Entry[]> {
    const { group, consumer, stream } = this.settings;
    const wait = Math.max(1, Math.ceil(waitMs));
    return this.#within(wait + replyMs, async (session, abandon) => {
      const id = sendAll(session, [['CLIENT', 'ID']]);
      const read = ['XREADGROUP', 'GROUP', group, consumer, 'COUNT', String(count), 'BLOCK', String(wait)];
      const entries = sendAll(session, [[...read, 'STREAMS', stream, '>']]);
      const leave = () => void this.#unblock(id, entries).catch(abandon);
      id.catch(() => {});
      signal.addEventListener('abort', leave, { once: true });
      if (signal.aborted) leave();
      try {
        const [reply = null] = await entries;
        return entriesRead(reply);
      } finally {
        signal.removeEventListener('abort', leave);
      }
    });
  }

  close(): Promise<void> {
    return this.#sessions.close();
  }

  /** End a wait of another connection. @throws when that was in vain. */
  async #unblock(id: Promise<RedisValue[]>, waiting: Promise<unknown>): Promise<void> {
    let isOver = false;
    const over = () => {
      isOver = true;
    };
    waiting.then(over, over);
    const end = performance.now() + unblockMs;
    const [client] = await untilAborted(id, AbortSignal.timeout(unblockMs));
    // The server may not have begun to wait.
    while (!isOver) {
      if (performance.now() > end) throw new Error('the server waits on');
      await this.ask('CLIENT', 'UNBLOCK', String(client));
      await pause(unblockPauseMs);
    }
  }

  /**
   * Do something by a connection, which serves others afterwards if it can.
   *
   * @param work may abandon it before the time is up.
   */
  async #within<R>(
    limitMs: number,
    work: (session: RedisSession, abandon: (why: Error) => void) => Promise<R>,
  ): Promise<R> {
    const abandoned = new AbortController();
    const { signal } = abandoned;
    const session = await this.#sessions.take();
    const timer = setTimeout(() => abandoned.abort(new NoReplyError(limitMs)), limitMs);
    try {
      return await untilAborted(
        work(session, (why) => abandoned.abort(why)),
        signal,
      );
    } finally {
      clearTimeout(timer);
      if (signal.aborted) this.#sessions.abandon(session);
      else this.#sessions.give(session);
    }
  }
}

/** @throws the first error of a reply. */
async function sendAll(session: RedisSession, commands: readonly Command[]): Promise<RedisValue[]> {
  const values: RedisValue[] = [];
  let failure: Error | undefined;
  await session.send(Buffer.concat(commands.map(command)), commands.length, {
    replied(error, _none, value = null) {
      failure ??= error;
      values.push(value);
    },
  });
  if (failure !== undefined) throw failure;
  return values;
}
