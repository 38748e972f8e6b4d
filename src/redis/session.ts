/**
 * A connection to Redis, by which commands go, some at a time.
 */
import type { Session } from '../sinks/connections/sessions.js';
import { WireBuffer } from '../sinks/wire/wire-buffer.js';
import type { RedisValue } from './wire/reply-values.js';

/** Receives the replies of a series of commands, in their order. */
export interface ReplySink {
  /**
   * @param error what the server, or the way to it, says; undefined: the command is done.
   * @param none whether the reply has no value.
   * @param value the reply's value, where the session reads values.
   */
  replied(error: Error | undefined, none: boolean, value?: RedisValue): void;
}

export interface RedisSession extends Session {
  /** For the commands of this connection. */
  readonly buffer: WireBuffer;
  /**
   * Send commands; others may be under way, whose replies come before. Resolves when all replies have come, errors
   * among them; rejects when some will not.
   *
   * @param commands what has been written to `buffer`, or another memory; nothing of it may change until then.
   */
  send(commands: Buffer, count: number, replies: ReplySink): Promise<void>;
}

/** More than any batch needs, as positions are of 31 bits. */
const mostBytes = 2 ** 30;

export function commandBuffer(): WireBuffer {
  return new WireBuffer(mostBytes);
}
