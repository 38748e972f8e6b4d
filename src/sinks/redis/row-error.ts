/**
 * A row of which no command can be made. It is given up alone, and no retry would help.
 */

export class RedisRowError extends Error {
  override readonly name = 'RedisRowError';
  readonly code = 'ERR_REDIS_ROW';
  readonly reason = 'value';
  readonly stage = 'generate';
}
