/**
 * Errors that the server replies to a command, with at most 300 characters of what it says.
 *
 * The message has no values of rows, since clients of a service may come to read it: Redis quotes arguments of a
 * command in some of its errors.
 */

import { visible } from '../describe.js';

const mostShown = 300;

export class RedisReplyError extends Error {
  override readonly name = 'RedisReplyError';
  /** The error's first word, such as `WRONGTYPE`. */
  readonly code: string;

  constructor(reply: string) {
    super(shown(withoutValues(reply)));
    this.code = /^[A-Z]+/.exec(reply)?.[0] ?? 'ERR';
  }
}

/** `ERR unknown command 'x', with args beginning with: 'secret' …`. */
function withoutValues(reply: string): string {
  return reply.replace(/, with args beginning with: .*/s, '');
}

/** A server may say as much as it likes, and scripts on it may repeat what they got. */
function shown(reply: string): string {
  return visible(reply.length <= mostShown ? reply : `${reply.slice(0, mostShown - 1)}…`);
}
