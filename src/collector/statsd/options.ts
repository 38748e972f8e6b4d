/**
 * The options of the listener for StatsD: what they mean, what is allowed, and their defaults.
 */
import type { RulesFor } from '../../options/check.js';
import { callback, integer, text } from '../../options/rules.js';

export interface StatsdOptions {
  /** The address to listen on. Default `127.0.0.1`. */
  host?: string | undefined;
  /** The UDP port; 0 takes a free one. Default 8125. */
  port?: number | undefined;
  /**
   * Size of the socket's buffer in bytes, for bursts. The system takes its own limit where that is less
   * (`net.core.rmem_max`). Default: the system's.
   */
  recvBufferBytes?: number | undefined;
  /** Gauges whose values are kept, for changes such as `+5`. Default 10,000. */
  maxGauges?: number | undefined;
  /** Called for errors of the socket; the listener goes on. */
  onError?: ((error: Error) => void) | undefined;
}

export const statsdRules = {
  host: text().default('127.0.0.1'),
  port: integer(0, 65_535).default(8125),
  recvBufferBytes: integer(1024, 2 ** 30).optional(),
  maxGauges: integer(0, 10_000_000).default(10_000),
  onError: callback<(error: Error) => void>('a function of the error').optional(),
} satisfies RulesFor<StatsdOptions>;
