/**
 * Errors that the server replies to a command.
 *
 * The message has no values of rows, since clients of a service may come to read it: Redis quotes arguments of a
 * command in some of its errors.
 */

export class RedisReplyError extends Error {
  override readonly name = 'RedisReplyError';
  /** The error's first word, such as `WRONGTYPE`. */
  readonly code: string;

  constructor(reply: string) {
    super(withoutValues(reply));
    this.code = /^[A-Z]+/.exec(reply)?.[0] ?? 'ERR';
  }
}

/** `ERR unknown command 'x', with args beginning with: 'secret' …`. */
function withoutValues(reply: string): string {
  return reply.replace(/, with args beginning with: .*/s, '');
}
