/**
 * Names as Prometheus takes them, out of those that StatsD's clients send: `api.users-v2` becomes `api_users_v2`.
 */
import { BoundedCache } from './bounded-cache.js';

const metrics = new BoundedCache<string>();
const timers = new BoundedCache<string>();

export function metricName(sent: string): string {
  return metrics.get(sent, validName);
}

/** The name of a duration in seconds: `latency`, `latency_ms` and `latency.seconds` become `latency_seconds`. */
export function secondsName(sent: string): string {
  return timers.get(sent, (name) => {
    const valid = validName(name);
    const quantity = valid.replace(/_(?:ms|milliseconds|seconds)$/, '');
    return `${quantity}_seconds`;
  });
}

export function labelName(sent: string): string {
  // Names that begin with two are Prometheus's own.
  return validName(sent).replace(/^__+/, '_');
}

function validName(sent: string): string {
  const name = sent.replace(/[^a-zA-Z0-9_]/gu, '_');
  return /^\d/.test(name) ? `_${name}` : name;
}
