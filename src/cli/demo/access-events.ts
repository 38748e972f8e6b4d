/**
 * Makes up lines of an access log, as the demo's clients send them.
 */

const methods = ['GET', 'GET', 'GET', 'GET', 'GET', 'GET', 'POST', 'POST', 'PUT', 'DELETE'];
const statuses = [200, 200, 200, 200, 200, 200, 200, 201, 204, 301, 304, 304, 400, 401, 404, 500];
const places = [
  '/',
  '/login',
  '/cart',
  '/checkout',
  '/search',
  '/health',
  '/api/orders',
  '/api/orders/:id',
  '/api/users/:id',
];
const agents = ['Firefox/133.0', 'Chrome/131.0.0.0', 'Safari/605.1.15', 'curl/8.11.0', 'Googlebot/2.1'];

function pick<T>(values: readonly T[]): T {
  return values[below(values.length)] as T;
}

function below(limit: number): number {
  return Math.floor(Math.random() * limit);
}

/** @param marker stands at the end of `userAgent`. */
export function accessEvent(marker: string): object {
  return {
    at: Date.now(),
    method: pick(methods),
    path: pick(places),
    status: pick(statuses),
    // Most are quick, a few are slow.
    durationMs: Math.round(-8_000 * Math.log(1 - Math.random())) / 1000,
    bytes: below(50_000),
    client: `10.0.${below(256)}.${below(256)}`,
    userAgent: `${pick(agents)} ${marker}`,
  };
}

/** So many events as NDJSON. */
export function accessLines(count: number, marker: string): string {
  let body = '';
  for (let i = 0; i < count; i++) body += `${JSON.stringify(accessEvent(marker))}\n`;
  return body;
}
