/**
 * `GET /metrics` of the service, as Prometheus scrapes it.
 */
import { expect, test } from 'vitest';
import { event, lines, ndjson, start } from '../fixtures/ingest.js';

const scrape = async (url: string, accept = 'text/plain') => {
  const response = await fetch(`${url}/metrics`, { headers: { accept } });
  return { status: response.status, type: response.headers.get('content-type'), text: await response.text() };
};

test('has the numbers of /stats, in the text format and as OpenMetrics, again and again', async () => {
  const { post, url, flow } = await start();
  await post(lines([event(), event(), event()]), ndjson, '?ack=committed');
  for (let n = 0; n < 2; n++) {
    const plain = await scrape(url);
    expect(plain).toMatchObject({ status: 200, type: 'text/plain; version=0.0.4; charset=utf-8' });
    expect(plain.text).toContain(`batchflow_events_total{flow="${flow.name}",result="committed"} 3\n`);
    expect(plain.text).toMatch(/^# TYPE batchflow_batch_size histogram$/m);
    expect(plain.text).toMatch(/^nodejs_eventloop_lag_p99_seconds /m);
    const open = await scrape(url, 'application/openmetrics-text;version=1.0.0,text/plain;q=0.5');
    expect(open.type).toBe('application/openmetrics-text; version=1.0.0; charset=utf-8');
    expect(open.text).toContain(`batchflow_events_total{flow="${flow.name}",result="committed"} 3\n`);
    expect(open.text).toMatch(/^# TYPE batchflow_events counter$/m);
    expect(open.text).toMatch(/# EOF\n$/);
  }
});

test('asks for the token like everything that tells of events', async () => {
  const { url } = await start({ token: 'secret' });
  expect((await scrape(url)).status).toBe(401);
  const headers = { authorization: 'Bearer secret' };
  expect((await fetch(`${url}/metrics`, { headers })).status).toBe(200);
});
