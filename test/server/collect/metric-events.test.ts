/**
 * Metric events out of JSON: what is one passes as it is, and of what is none the member and the reason are told.
 */
import { expect, it } from 'vitest';
import { EventError } from '../../../dist/src/errors.js';
import { metricEvent } from '../../../dist/src/server/collect/metric-events.js';

const http = { type: 'http_request', method: 'GET', path: '/', status: 200, durationMs: 1.5 };
const backend = { type: 'backend_request', provider: 'p', model: '', success: true, latencyMs: 0 };
const counter = { type: 'counter', name: 'jobs_total', labels: { queue: 'mail', n: 1, ok: true }, value: 2 };

it.each([
  http,
  backend,
  { ...backend, success: false, errorType: 'timeout' },
  { type: 'health_check', backend: 'db', healthy: false, durationMs: 3 },
  { type: 'cache', cache: 'users', operation: 'hit' },
  counter,
  { ...counter, type: 'gauge', value: -1 },
  { ...counter, type: 'histogram', value: -1e300 },
])('takes %j', (event) => {
  expect(metricEvent(event)).toEqual(event);
});

it('gives a metric without labels none', () => {
  const { labels: _, ...event } = counter;
  expect(metricEvent(event)).toEqual({ ...counter, labels: {} });
});

it.each([
  [null, 'type', undefined],
  [[], 'type', undefined],
  ['x', 'type', undefined],
  [{}, 'missing', 'type'],
  [{ type: 'requests' }, 'unknown', 'type'],
  [{ type: 'toString' }, 'unknown', 'type'],
  [{ type: 1 }, 'unknown', 'type'],
  [{ ...http, status: undefined }, 'missing', 'status'],
  [{ ...http, status: '200' }, 'type', 'status'],
  [{ ...http, status: 99 }, 'range', 'status'],
  [{ ...http, status: 200.5 }, 'range', 'status'],
  [{ ...http, method: null }, 'type', 'method'],
  [{ ...http, path: 'x'.repeat(8193) }, 'range', 'path'],
  [{ ...http, durationMs: -1 }, 'range', 'durationMs'],
  [{ ...http, durationMs: Number.POSITIVE_INFINITY }, 'range', 'durationMs'],
  [{ ...http, duration: 1 }, 'unknown', 'duration'],
  [{ ...backend, success: 1 }, 'type', 'success'],
  [{ ...backend, errorType: null }, 'type', 'errorType'],
  [{ type: 'cache', cache: 'users', operation: 'hitt' }, 'range', 'operation'],
  [{ ...counter, value: -1 }, 'range', 'value'],
  [{ ...counter, value: '1' }, 'type', 'value'],
  [{ ...counter, name: '2xx' }, 'range', 'name'],
  [{ ...counter, name: 'a.b' }, 'range', 'name'],
  [{ ...counter, labels: [] }, 'type', 'labels'],
  [{ ...counter, labels: { a: null } }, 'type', 'labels'],
  [{ ...counter, labels: { 'a-b': 1 } }, 'range', 'labels'],
  [{ ...counter, labels: { __name__: 'x' } }, 'range', 'labels'],
  [{ ...counter, labels: { a: 'x'.repeat(8193) } }, 'range', 'labels'],
  [
    { ...counter, labels: Object.fromEntries(Array.from({ length: 65 }, (_, i) => [`l${i}`, i])) },
    'range',
    'labels',
  ],
])('refuses %j: %s of %s', (event, fault, field) => {
  let error: unknown;
  try {
    metricEvent(event);
  } catch (thrown) {
    error = thrown;
  }
  expect(error).toBeInstanceOf(EventError);
  expect(error).toMatchObject({ fault, field });
});
