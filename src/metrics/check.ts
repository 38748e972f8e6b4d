/**
 * Checks of what is passed to `prometheus`, `addReporter` and `addHook`: before anything is registered or listens.
 */
import { ConfigError } from '../errors.js';

/** @throws ConfigError unless it is an object that has these methods. */
export function checkMethods(key: string, target: unknown, methods: readonly string[]): void {
  const given = target as Record<string, unknown> | null | undefined;
  const missing = methods.filter((method) => typeof given?.[method] !== 'function');
  if (missing.length > 0) throw new ConfigError(key, target, `an object with ${missing.join(', ')}`);
}

/** @throws ConfigError unless it is a plain object with no other keys than these. */
export function checkKeys(key: string, options: unknown, known: readonly string[]): void {
  if (typeof options !== 'object' || options === null || Array.isArray(options))
    throw new ConfigError(key, options, 'an object');
  for (const name of Object.keys(options)) {
    if (!known.includes(name))
      throw new ConfigError(name, (options as Record<string, unknown>)[name], `one of ${known.join(', ')}`);
  }
}

/** @throws ConfigError unless it is a boolean. */
export function checkBoolean(key: string, value: unknown): void {
  if (typeof value !== 'boolean') throw new ConfigError(key, value, 'true or false');
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
];

/** @throws ConfigError for what Prometheus would not take. */
export function checkLabels(labels: unknown): void {
  checkKeys('labels', labels, Object.keys(labels ?? {}));
  for (const [name, value] of Object.entries(labels as object)) {
    if (!/^[a-zA-Z_][a-zA-Z0-9_]*$/.test(name) || name.startsWith('__') || reserved.includes(name))
      throw new ConfigError(
        'labels',
        name,
        `names of letters, digits and _, other than ${reserved.join(', ')}`,
      );
    if (typeof value !== 'string') throw new ConfigError(`labels.${name}`, value, 'a text');
  }
}

/** @throws ConfigError for what no metric's name may begin with. */
export function checkPrefix(prefix: unknown): void {
  if (typeof prefix !== 'string' || !/^([a-zA-Z_:][a-zA-Z0-9_:]*)?$/.test(prefix))
    throw new ConfigError('prefix', prefix, 'letters, digits, _ and :, without a digit in front');
}
