/**
 * A stream that is not what the options say, or that cannot be had. The configuration is wrong, and no row is.
 */
import { SinkError } from '../../errors.js';

export class StreamError extends SinkError {
  readonly verdict = 'retry';
  readonly reason = 'syntax';

  constructor(stream: string, why: string, options?: ErrorOptions) {
    super(`stream "${stream}": ${why}`, options);
  }
}
