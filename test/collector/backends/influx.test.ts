/**
 * The InfluxDB backend against InfluxDB 1 and VictoriaMetrics: values are read back, and hostile labels with them.
 */
import { beforeAll, describe, expect, it } from 'vitest';
import { influxMetrics } from '../../../dist/src/collector/backends/influx/index.js';
import { metricLines } from '../../../dist/src/collector/backends/influx/metric-lines.js';
import { HttpTarget, status } from '../../fixtures/http-target.js';
import { InfluxServer, noInflux, noVictoria, VictoriaServer } from '../../fixtures/influx-server.js';
import {
  context,
  counter,
  exponential,
  gauge,
  histogram,
  hostileValues,
  load,
  snapshotOf,
} from '../../fixtures/snapshots.js';

const at = Date.UTC(2025, 0, 31, 12);
const time = `${at}000000`;

describe('lines of series', () => {
  const families = [
    counter('reqs_total', [{ b: '2', a: '1' }, 5], [{}, 0.5]),
    histogram('secs', [0.1, 1], [{ le: 'own', time: 't' }, [0.1, 0.5, 7]]),
    exponential('sizes', 2, [{ empty: '' }, [0, 1, 2]]),
  ];

  it('have buckets as fields', () => {
    expect(metricLines(snapshotOf(families, at), 'fields').lines).toEqual([
      ...[`reqs_total,a=1,b=2 value=5 ${at}`, `reqs_total value=0.5 ${at}`],
      `secs,exported_time=t,le=own count=3,sum=7.6,0.1=1,1=2,+Inf=3 ${at}`,
      `sizes count=3,sum=3 ${at}`,
    ]);
  });

  it('have buckets as points of their own', () => {
    const { lines } = metricLines(snapshotOf(families, at), 'tags');
    expect(lines.filter((line) => line.startsWith('secs'))).toEqual([
      `secs,exported_le=own,exported_time=t count=3,sum=7.6 ${at}`,
      ...[['0.1', 1] as const, ['1', 2] as const, ['+Inf', 3] as const].map(
        ([le, values]) => `secs,exported_le=own,exported_time=t,le=${le} bucket=${values} ${at}`,
      ),
    ]);
  });

  it('leave out what InfluxDB has no value for, and count it', () => {
    const { lines, refused } = metricLines(
      snapshotOf([gauge('up', [{}, Number.NaN], [{ a: 'b' }, 1])], at),
      'fields',
    );
    expect({ lines, refused }).toEqual({ lines: [`up,a=b value=1 ${at}`], refused: 1 });
  });
});

describe('options of InfluxDB as a backend', () => {
  const url = 'http://influx:8086';
  it.each([
    [{ url }, 'database'],
    [{ url, database: 'a', bucket: 'b' }, 'database'],
    [{ url, bucket: 'b', retentionPolicy: 'c' }, 'retentionPolicy'],
    [{ url, database: 'a', org: 'b' }, 'org'],
    [{ url, database: 'a', buckets: 'columns' }, 'buckets'],
    [{ url, database: 'a', maxLinesPerRequest: 0 }, 'maxLinesPerRequest'],
    [{ url, database: 'a', measurement: 'x' }, 'measurement'],
  ])('%j: the error names %s', (options, key) => {
    expect(() => influxMetrics(options as never)).toThrow(
      expect.objectContaining({ code: 'ERR_CONFIG', key }),
    );
  });
});

describe.skipIf(noInflux)(`InfluxDB 1 ${noInflux ?? ''}`, () => {
  let server: InfluxServer;
  beforeAll(async () => {
    server = await InfluxServer.start({ isSecured: true });
  });
  const exporterOf = (options: object = {}) => {
    const known = { url: server.url, database: 'test', username: 'ann', password: 'pass' };
    return load(influxMetrics({ ...known, ...options }), { compress: true });
  };

  it('has counters, gauges and histograms, at the time of the snapshot', async () => {
    const exporter = await exporterOf({ maxLinesPerRequest: 2 });
    const families = [
      counter('reqs_total', [{ path: '/a' }, 5], [{ path: '/b' }, 2 ** 53]),
      histogram('secs', [0.1, 1], [{ path: '/a' }, [0.1, 0.5, 7]]),
    ];
    await exporter.send(snapshotOf(families, at), context());
    expect(await server.points('reqs_total')).toEqual([
      { time, path: '/a', value: 5 },
      { time, path: '/b', value: '9007199254740992' },
    ]);
    expect(await server.points('secs')).toEqual([
      { time, path: '/a', count: 3, sum: 7.6, 0.1: 1, 1: 2, '+Inf': 3 },
    ]);
  });

  it('gives hostile values of labels back as they were, but for what it cannot say', async () => {
    const exporter = await exporterOf();
    const points = hostileValues.map((value, i) => [{ value }, i] as const);
    await exporter.send(snapshotOf([counter('hostile_total', ...points)], at), context());
    const read = (await server.points('hostile_total')).map(({ value_1, value }) => [
      value_1 ?? value,
      value,
    ]);
    // Of a tag named like the field, InfluxDB has a column value_1.
    const said = (text: string) => text.replace(/\\(?=[\\,= ]|$)|[\n\r]/g, '\ufffd');
    const texts = read.map((pair) => pair.find((each) => typeof each === 'string'));
    expect(texts.sort()).toEqual(hostileValues.map(said).sort());
  });

  it('is away and comes back: the next request has the newest values', async () => {
    const exporter = await exporterOf();
    const send = async (value: number, ms: number) =>
      exporter.send(snapshotOf([counter('back_total', [{}, value])], at + ms), context());
    await send(1, 0);
    await server.stop();
    await expect(send(2, 1000)).rejects.toMatchObject({ verdict: 'retry' });
    await server.run();
    await send(3, 2000);
    expect((await server.points('back_total')).map(({ value }) => value)).toEqual([1, 3]);
  });

  it('says that the database is not there', async () => {
    const exporter = await exporterOf({ database: 'nowhere' });
    const sent = Promise.resolve(exporter.send(snapshotOf([counter('a_total', [{}, 1])]), context()));
    await expect(sent).rejects.toMatchObject({ status: 404, verdict: 'retry', retryAfterMs: 2000 });
  });
});

describe.skipIf(noVictoria)(`VictoriaMetrics ${noVictoria ?? ''}`, () => {
  it('computes quantiles of buckets as tags', async () => {
    const server = await VictoriaServer.start();
    const exporter = await load(influxMetrics({ url: server.url, database: 'vm', buckets: 'tags' }));
    const values = Array.from({ length: 100 }, (_, i) => (i + 1) / 100);
    const now = Date.now() - 1000;
    await exporter.send(
      snapshotOf([histogram('secs', [0.25, 0.5, 0.75, 1], [{ path: '/' }, values])], now),
      context(),
    );
    await fetch(`${server.url}/internal/force_flush`);
    const query = 'histogram_quantile(0.5, secs_bucket)';
    const body = new URLSearchParams({ query, time: String((now + 1) / 1000), nocache: '1' });
    const answer = await fetch(`${server.url}/api/v1/query`, { method: 'POST', body });
    const { data } = (await answer.json()) as {
      data: { result: { metric: object; value: [number, string] }[] };
    };
    expect(data.result).toMatchObject([
      { metric: { path: '/', db: 'vm' }, value: [expect.anything(), '0.5'] },
    ]);
  });
});

it('writes to a bucket of InfluxDB 2 with its token', async () => {
  const target = await HttpTarget.start();
  target.next.push(status(204));
  const exporter = await load(influxMetrics({ url: target.url, org: 'us', bucket: 'm', token: 'secret' }));
  await exporter.send(snapshotOf([counter('a_total', [{}, 1])], at), context());
  await exporter.close?.();
  expect(target.received).toMatchObject([
    { url: '/in/api/v2/write?bucket=m&org=us&precision=ms', headers: { authorization: 'Token secret' } },
  ]);
  expect(String(target.received[0]?.body)).toBe(`a_total value=1 ${at}`);
});

it('sends the requests behind one that is refused, and says so at the end', async () => {
  const target = await HttpTarget.start();
  target.next.push(status(400, 'no'));
  target.usual = status(204);
  const exporter = await load(influxMetrics({ url: target.url, database: 'm', maxLinesPerRequest: 1 }));
  const points = [0, 1, 2].map((i) => [{ i: String(i) }, i] as const);
  const sent = async () => exporter.send(snapshotOf([counter('a_total', ...points)], at), context());
  await expect(sent()).rejects.toMatchObject({ verdict: 'fatal' });
  await exporter.close?.();
  // The refused one is not among them.
  expect(target.received).toHaveLength(2);
});
