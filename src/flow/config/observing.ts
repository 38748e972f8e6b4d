/**
 * The settings of observing with nothing left open: who receives what, which events flushers have to send for it, and
 * what is redacted.
 */
import { type RedactSettings, usualCensor } from '../../redact/redactor.js';
import type { BatchEvent, Logger, ObserverOptions, RedactOptions, Sampler } from '../api/observing.js';
import { usualObserver } from './flow-rules.js';

type Given = {
  readonly observer: ObserverOptions | ((event: BatchEvent) => unknown) | undefined;
  readonly logger: Logger | undefined;
  readonly redact: readonly string[] | RedactSettings | false;
};

export interface ObservingOptions {
  readonly observer: Required<ObserverOptions> | undefined;
  readonly logger: Logger | undefined;
  /** What flushers send; undefined: nothing. */
  readonly observed:
    | {
        readonly all: boolean;
        readonly notable: boolean;
        readonly slowMs: number;
        readonly ratio: number | undefined;
      }
    | undefined;
  readonly redact: Required<RedactOptions> | false;
}

export function observingOptions({ observer: given, logger, redact }: Given): ObservingOptions {
  const observer =
    typeof given === 'function'
      ? { ...usualObserver, onEvent: given }
      : (given as Required<ObserverOptions> | undefined);
  const sample: Sampler | undefined = observer?.sample;
  const isRatio = typeof sample === 'object';
  return {
    observer,
    logger,
    observed:
      observer === undefined && logger === undefined
        ? undefined
        : {
            all: sample === 'all' || typeof sample === 'function',
            notable: logger !== undefined || sample === 'errors-and-slow',
            slowMs: observer?.slowMs ?? usualObserver.slowMs,
            ratio: isRatio ? sample.ratio : undefined,
          },
    redact: Array.isArray(redact)
      ? { paths: redact, censor: usualCensor }
      : (redact as RedactSettings | false),
  };
}
