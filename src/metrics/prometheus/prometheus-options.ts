/**
 * The options of `prometheus()`: what they mean, what is allowed, and their defaults.
 */
import { ConfigError } from '../../errors.js';
import type { RulesFor } from '../../options/check.js';
import { Rule } from '../../options/rule.js';
import { boolean, custom, record, withMethods } from '../../options/rules.js';
import type { Labels } from './family.js';

/** prom-client's registry, or one of its shape. */
export interface PrometheusRegistry {
  registerMetric(metric: never): void;
  getSingleMetric(name: string): unknown;
  removeSingleMetric(name: string): void;
}

export interface PrometheusOptions {
  /** Default: prom-client's own, `register`. */
  registry?: PrometheusRegistry;
  /** Default `batchflow_`. */
  prefix?: string;
  /** Put on every sample of this flow, beside `flow`, its name. */
  labels?: Labels;
  /** Adds `worker`, the flusher's number, where each flusher has numbers of its own. Default false. */
  perWorker?: boolean;
  /** Adds `schema`, its name, where each schema has numbers of its own. Not with `perWorker`. Default false. */
  perSchema?: boolean;
}

/** Labels that families have of their own, or that Prometheus has. */
const reserved = [
  'flow',
  'worker',
  'le',
  'quantile',
  'result',
  'reason',
  'status',
  'state',
  'trigger',
  'error_type',
  'percentile',
  'schema',
  'backend',
  'operation',
  'kind',
  'stage',
  'strategy',
];

const isLabelName = (name: string) =>
  /^[a-zA-Z_][a-zA-Z0-9_]*$/.test(name) && !name.startsWith('__') && !reserved.includes(name);

/** A text may be empty: to Prometheus that is a label that is not there. */
const texts = record(
  custom<string>((value) => typeof value === 'string', 'a text'),
  'an object of texts by label, all of them its own',
);

function readLabels(labels: unknown, key: string): Labels {
  const names = Object.keys(labels as object);
  const wrong = names.find((name) => !isLabelName(name));
  if (wrong !== undefined)
    throw new ConfigError(key, wrong, `names of letters, digits and _, other than ${reserved.join(', ')}`);
  return texts.read(labels, key);
}

export const prometheusRules = {
  registry: withMethods<PrometheusRegistry>(
    'registerMetric',
    'getSingleMetric',
    'removeSingleMetric',
  ).optional(),
  prefix: custom<string>(
    (prefix) => typeof prefix === 'string' && /^([a-zA-Z_:][a-zA-Z0-9_:]*)?$/.test(prefix),
    'letters, digits, _ and :, without a digit in front',
  ).default('batchflow_'),
  labels: new Rule<Labels>(texts.takes, texts.expected, readLabels).default({}),
  perWorker: boolean().default(false),
  perSchema: boolean().default(false),
} satisfies RulesFor<PrometheusOptions>;
