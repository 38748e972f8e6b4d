/**
 * InfluxDB that restarts, takes part of a batch or wants a password; VictoriaMetrics; InfluxDB 2 and 3 by a double:
 * what is written again is stored once, and the accounts add up.
 */

import { beforeAll, describe, expect, it } from 'vitest';
import { createBatchFlow, defineSchema, t } from '../../../dist/src/index.js';
import { influx } from '../../../dist/src/sinks/influx/index.js';
import { directSink } from '../../fixtures/direct-sink.js';
import { errorOf } from '../../fixtures/error-of.js';
import { HttpTarget, status } from '../../fixtures/http-target.js';
import { InfluxServer, noInflux, noVictoria, VictoriaServer } from '../../fixtures/influx-server.js';
import { NumberedFlow } from '../../fixtures/numbered-flow.js';

const at = Date.UTC(2025, 0, 31, 12);
const Events = defineSchema('events', { at: t.timestamp(), host: t.label(), id: t.int32() });
const event = (id: number) => ({ at: at + id, host: `h${id % 3}`, id });

describe.skipIf(noInflux)(`faults of InfluxDB ${noInflux ?? ''}`, () => {
  let server: InfluxServer;
  beforeAll(async () => {
    server = await InfluxServer.start({ isSecured: true });
  });
  const options = () => ({ url: server.url, database: 'test', username: 'ann', password: 'pass' });

  it('a crash in the middle of a flow: every row once', async () => {
    const flow = await NumberedFlow.into(influx(options()), Events, event);
    await flow.throughRestarts(server, ['SIGKILL', 'SIGTERM'] as const);
    expect(await flow.close()).toEqual(flow.allCommitted);
    const ids = (await server.points('events')).map(({ id }) => id as number);
    expect(ids.sort((a, b) => a - b)).toEqual(Array.from({ length: flow.next }, (_, id) => id));
  });

  it('a row that the server does not take, among others that it took: that row alone is given up', async () => {
    const Tagged = defineSchema('tagged', { at: t.timestamp(), tag: t.label(), id: t.int32() });
    const flow = await createBatchFlow({ schema: Tagged, sink: influx(options()), flushSize: 64 });
    // A series key of more than 65,535 bytes is refused by the server alone.
    for (let id = 0; id < 64; id++)
      flow.push({ at: at + id, tag: id === 37 ? 'x'.repeat(66_000) : 'fine', id });
    const failed: unknown[] = [];
    flow.on('flushError', (error) => failed.push(error.rows, error.cause));
    await flow.close();
    const { accepted, committed, dropped } = flow.stats();
    expect({ accepted, committed }).toEqual({ accepted: 64, committed: 63 });
    expect(Object.values(dropped).reduce((sum, count) => sum + count, 0)).toBe(1);
    const [, error] = failed as [number, Error];
    expect(failed).toMatchObject([1, { reason: 'value' }]);
    expect(error.message).toContain('400: unable to parse a line: max key length exceeded');
    // Values of rows are not shown.
    expect(error.message).not.toContain('xxx');
    expect(await server.points('tagged')).toHaveLength(63);
  });

  it('a wrong password is of the configuration, and is not shown', async () => {
    const sink = await directSink(influx({ ...options(), password: 'wrong-secret' }), Events);
    const error = await errorOf(sink.write([event(1)]));
    expect(error).toMatchObject({ status: 401, verdict: 'retry', reason: 'auth' });
    expect(error?.message).not.toContain('wrong-secret');
  });
});

describe.skipIf(noVictoria)(`VictoriaMetrics ${noVictoria ?? ''}`, () => {
  it('has each number of a row as a sample, through a restart', async () => {
    const server = await VictoriaServer.start();
    const sink = await directSink(influx({ url: server.url, database: 'any' }), Events);
    await sink.write([event(0), event(1)]);
    await server.stop();
    const error = await errorOf(sink.write([event(3)]));
    expect(error).toMatchObject({ verdict: 'retry', reason: 'connection' });
    await server.run();
    await sink.write([event(3)]);
    const samples = await server.samples();
    const first = JSON.stringify({ __name__: 'events_id', db: 'any', host: 'h0' });
    expect(samples[first]).toEqual({ values: [0, 3], timestamps: [at, at + 3] });
    expect(Object.keys(samples)).toHaveLength(2);
  });
});

describe('InfluxDB 2 and 3, by a double', () => {
  it('get the bucket, the organization, the token and gzip', async () => {
    const target = await HttpTarget.start();
    target.usual = status(204);
    const sink = await directSink(
      influx({
        url: `http://127.0.0.1:${target.port}/base/`,
        bucket: 'b c',
        org: 'o',
        token: 'tok',
        precision: 'us',
      }),
      Events,
    );
    await sink.write(Array.from({ length: 100 }, (_, id) => event(id)));
    const [{ url, headers, body }] = target.received as [(typeof target.received)[0]];
    expect(url).toBe('/base/api/v2/write?bucket=b+c&org=o&precision=us');
    expect(headers).toMatchObject({ authorization: 'Token tok', 'content-encoding': 'gzip' });
    expect(body.toString().split('\n')[1]).toBe(`events,host=h1 id=1i ${at + 1}000`);
  });

  it('name the lines that they did not store', async () => {
    const target = await HttpTarget.start();
    const said = (line: number) => ({ line_number: line, error_message: 'bad', original_line: '…' });
    const body = { error: 'partial write of line protocol occurred', data: [said(2), said(4)] };
    target.next.push(status(400, JSON.stringify(body)));
    const Floats = defineSchema('floats', { value: t.float64() });
    const sink = await directSink(influx({ url: `http://127.0.0.1:${target.port}`, bucket: 'b' }), Floats);
    // The first row is no line.
    const values = [Number.NaN, 1, 2, 3, 4, 5];
    const result = await sink.write(values.map((value) => ({ value })));
    expect(result?.failed.map(({ index }) => index)).toEqual([0, 2, 4]);
    const twice = [said(1), { ...said(1), error_message: `\u001b[2J${'x'.repeat(9000)}` }];
    target.next.push(status(400, JSON.stringify({ ...body, data: twice })));
    expect((await sink.write([{ value: 1 }]))?.failed).toMatchObject([
      { index: 0, error: { message: 'bad' } },
    ]);
    target.next.push(status(400, JSON.stringify({ ...body, data: twice.slice(1) })));
    const [shown] = (await sink.write([{ value: 1 }]))?.failed ?? [];
    expect(String(shown?.error)).toMatch(/: \\u001b\[2Jx+…$/);
    // A login page of something in between, which has stored nothing.
    target.next.push(status(200, '<html>please log in</html>'));
    const page = await errorOf(sink.write([{ value: 1 }]));
    expect(page).toMatchObject({ status: 200, verdict: 'retry' });
    expect(page?.message).toContain('was answered with 200: <html>please log in');
    target.next.push(status(400, JSON.stringify({ ...body, data: [said(9)] })));
    expect(await errorOf(sink.write([{ value: 1 }]))).toMatchObject({ status: 400, verdict: 'fatal' });
  });
});
