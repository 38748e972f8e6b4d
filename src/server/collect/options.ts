/**
 * The options of the service for metric events: what they mean, what is allowed, and their defaults.
 */
import type { Recorder } from '../../collector/api/recorder.js';
import type { StatsdListener } from '../../collector/statsd/index.js';
import type { RulesFor } from '../../options/check.js';
import { withMethods } from '../../options/rules.js';
import { type IngestServiceOptions, serviceRules } from '../service-options.js';
import type { SampledSeries } from './series-sampler.js';

/** What of a collector is needed here. */
export interface Collected extends Pick<Recorder, 'recordEvent'>, SampledSeries {
  readonly contentType: string;
  /** All series as Prometheus scrapes them. */
  metrics(): string;
  /** How each backend does. */
  backends(): readonly object[];
}

export interface CollectServiceOptions
  extends Omit<IngestServiceOptions, 'flow' | 'schema' | 'target' | 'ackTimeoutMs' | 'tellDuplicates'> {
  /** What counts the events. Its `onFull` should be `reject`: the service answers 429 then. The caller closes it. */
  collector: Collected;
  /** Whose counts `/metrics` and `/stats` show. The caller closes it. */
  statsd?: Pick<StatsdListener, 'stats'> | undefined;
}

const {
  flow: _,
  schema: __,
  target: ___,
  ackTimeoutMs: ____,
  tellDuplicates: _____,
  ...shared
} = serviceRules;

export const collectRules = {
  ...shared,
  collector: withMethods<Collected>('recordEvent', 'metrics', 'getStats', 'snapshot', 'backends'),
  statsd: withMethods<Pick<StatsdListener, 'stats'>>('stats').optional(),
} satisfies RulesFor<CollectServiceOptions>;
