/**
 * Remote write against Debian's Prometheus: samples and native histograms are read back by PromQL; failures are retried
 * or not as the specification says.
 */
import fc from 'fast-check';
import snappyjs from 'snappyjs';
import { beforeAll, describe, expect, it } from 'vitest';
import { remoteWrite } from '../../../dist/src/collector/backends/remote-write/index.js';
import { snappy } from '../../../dist/src/collector/backends/remote-write/snappy.js';
import { HttpTarget, status } from '../../fixtures/http-target.js';
import { noPrometheus, RemoteWriteReceiver } from '../../fixtures/prometheus-servers.js';
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

describe('the Snappy format', () => {
  const back = (bytes: Uint8Array) => snappyjs.uncompress(snappy(bytes));

  it('gives any bytes back', () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ maxLength: 3000 }),
        fc.integer({ min: 0, max: 70 }),
        fc.integer({ min: 0, max: 255 }),
        (bytes, times, filler) => {
          // Some that repeat, far and near, over more than one part.
          const long = Buffer.concat([...Array(times).fill(bytes), Buffer.alloc(times * 40, filler), bytes]);
          return Buffer.compare(Buffer.from(back(long)), long) === 0;
        },
      ),
      { numRuns: 200 },
    );
  });

  it.each([0, 1, 3, 4, 59, 60, 61, 255, 256, 257, 65_535, 65_536, 65_537, 200_000])('%i bytes', (length) => {
    const noise = Uint8Array.from({ length }, (_, i) => (Math.imul(i + 1, 2_654_435_761) >>> 13) & 0xff);
    expect(Buffer.compare(back(noise), noise)).toBe(0);
    const same = new Uint8Array(length).fill(7);
    expect(Buffer.compare(back(same), same)).toBe(0);
  });

  it('saves most of labels that repeat', () => {
    const text = Buffer.from(
      Array.from({ length: 2000 }, (_, i) => `http_requests_total{path="/p/${i}"}`).join('\n'),
    );
    expect(snappy(text).length).toBeLessThan(text.length / 3);
  });
});

describe('options of remote write', () => {
  const url = 'http://prometheus:9090/api/v1/write';
  it.each([
    [{}, 'url'],
    [{ url, compression: 'gzip' }, 'compression'],
    [{ url, externalLabels: { __name__: 'x' } }, 'externalLabels'],
    [{ url, externalLabels: { 'a-b': 'x' } }, 'externalLabels'],
    [{ url, externalLabels: { a: '' } }, 'externalLabels.a'],
    [{ url, maxSeriesPerRequest: 0 }, 'maxSeriesPerRequest'],
    [{ url, staleMarkers: 1 }, 'staleMarkers'],
  ])('%j: the error names %s', (options, key) => {
    expect(() => remoteWrite(options as never)).toThrow(expect.objectContaining({ code: 'ERR_CONFIG', key }));
  });
});

describe.skipIf(noPrometheus)(`a Prometheus that receives ${noPrometheus ?? ''}`, () => {
  let server: RemoteWriteReceiver;
  beforeAll(async () => {
    server = await RemoteWriteReceiver.start();
  });

  const exporterOf = (options: object = {}) =>
    load(remoteWrite({ url: `${server.url}/api/v1/write`, externalLabels: { instance: 'w1' }, ...options }));

  it('has counters, gauges and external labels', async () => {
    const exporter = await exporterOf();
    const at = Date.now();
    const families = [
      counter('rw_reqs_total', [{ path: '/a', instance: 'own' }, 5], [{ path: '/b' }, 2 ** 53]),
      gauge('rw_temp', [{}, -1.5], [{ x: 'inf' }, Number.POSITIVE_INFINITY]),
    ];
    await exporter.send(snapshotOf(families, at), context());
    const reqs = await server.query('sort(rw_reqs_total)', at);
    expect(reqs).toEqual([
      { labels: { __name__: 'rw_reqs_total', path: '/a', instance: 'own' }, value: 5 },
      { labels: { __name__: 'rw_reqs_total', path: '/b', instance: 'w1' }, value: 2 ** 53 },
    ]);
    const temps = await server.query('rw_temp', at);
    expect(temps.map(({ value }) => value).sort()).toEqual([-1.5, Number.POSITIVE_INFINITY]);
  });

  it('computes quantiles of classic histograms', async () => {
    const exporter = await exporterOf();
    const at = Date.now();
    const values = Array.from({ length: 100 }, (_, i) => (i + 1) / 100);
    await exporter.send(
      snapshotOf([histogram('rw_secs', [0.25, 0.5, 0.75, 1], [{ le: 'own' }, values])], at),
      context(),
    );
    const [median] = await server.query('histogram_quantile(0.5, rw_secs_bucket)', at);
    expect(median).toEqual({ labels: { exported_le: 'own', instance: 'w1' }, value: 0.5 });
    expect(await server.query('rw_secs_count', at)).toMatchObject([{ value: 100 }]);
    expect((await server.query('rw_secs_sum', at))[0]?.value).toBeCloseTo(50.5);
  });

  it.each([0, 3, 8, 10, -4])('computes quantiles of native histograms of scale %i', async (scale) => {
    const exporter = await exporterOf();
    const at = Date.now();
    const name = `rw_native_${scale < 0 ? 'm' : ''}${Math.abs(scale)}`;
    const values = [0, 0, ...Array.from({ length: 998 }, (_, i) => 1.01 ** (i % 500) * 0.01)];
    await exporter.send(snapshotOf([exponential(name, scale, [{ path: '/' }, values])], at), context());
    expect(await server.query(`histogram_count(${name})`, at)).toMatchObject([{ value: 1000 }]);
    const sum = values.reduce((all, value) => all + value, 0);
    expect((await server.query(`histogram_sum(${name})`, at))[0]?.value).toBeCloseTo(sum, 6);
    // A quantile lies in the bucket of the value of its rank.
    const sorted = [...values].sort((a, b) => a - b);
    const base = 2 ** (2 ** -Math.min(scale, 8));
    for (const q of [0.1, 0.5, 0.9]) {
      const [found] = await server.query(`histogram_quantile(${q}, ${name})`, at);
      const exact = sorted[Math.ceil(q * 1000) - 1] as number;
      expect(found?.value).toBeLessThanOrEqual(exact * base * 1.0001);
      expect(found?.value).toBeGreaterThanOrEqual((exact / base) * 0.9999);
    }
    // The numbers of buckets are right, not only near: no value is above the upper bound of the last one.
    const most = Math.max(...values);
    const [highest] = await server.query(`histogram_quantile(1, ${name})`, at);
    const upper = base ** Math.ceil(Math.log(most) / Math.log(base) - 1e-9);
    expect(highest?.value).toBeCloseTo(upper, 6);
  });

  it('refuses buckets that are too coarse for Prometheus before they are sent', async () => {
    const exporter = await exporterOf();
    expect(await exporter.send(snapshotOf([exponential('rw_coarse', -5, [{}, [1]])]), context())).toEqual({
      refused: 1,
    });
  });

  it('gives hostile values of labels back as they were', async () => {
    const exporter = await exporterOf();
    const at = Date.now();
    const points = hostileValues.map((value, i) => [{ value }, i] as const);
    await exporter.send(snapshotOf([counter('rw_hostile_total', ...points)], at), context());
    const read = await server.query('sort(rw_hostile_total)', at);
    expect(read.map(({ labels }) => labels.value)).toEqual(hostileValues);
  });

  it('has all series of several requests', async () => {
    const exporter = await exporterOf({ maxSeriesPerRequest: 7 });
    const at = Date.now();
    const points = Array.from({ length: 50 }, (_, i) => [{ i: String(i) }, i] as const);
    await exporter.send(snapshotOf([counter('rw_many_total', ...points)], at), context());
    expect(await server.query('count(rw_many_total)', at)).toMatchObject([{ value: 50 }]);
  });

  it('learns which series have ended', async () => {
    const exporter = await exporterOf();
    const at = Date.now();
    const all = (...names: string[]) => [
      counter('rw_end_total', ...names.map((name) => [{ name }, 1] as const)),
      exponential('rw_end_native', 3, ...names.map((name) => [{ name }, [1]] as const)),
    ];
    const namesAt = async (time: number) => {
      const found = await server.query('{__name__=~"rw_end_.*"}', time);
      return found.map(({ labels }) => `${labels.__name__} ${labels.name}`).sort();
    };
    const shown = (...names: string[]) =>
      ['rw_end_native', 'rw_end_total'].flatMap((metric) => names.map((name) => `${metric} ${name}`));
    await exporter.send(snapshotOf(all('a', 'b'), at), context());
    await exporter.send(snapshotOf(all('b'), at + 1000), context());
    expect(await namesAt(at + 999)).toEqual(shown('a', 'b'));
    expect(await namesAt(at + 1000)).toEqual(shown('b'));
    await exporter.send(snapshotOf(all('b'), at + 2000), context(true));
    expect(await namesAt(at + 2000)).toEqual(shown('b'));
    expect(await namesAt(at + 2001)).toEqual([]);
  });

  it('keeps last values without stale markers', async () => {
    const exporter = await exporterOf({ staleMarkers: false });
    const at = Date.now();
    await exporter.send(snapshotOf([counter('rw_kept_total', [{}, 3])], at), context(true));
    expect(await server.query('rw_kept_total', at + 1000)).toMatchObject([{ value: 3 }]);
  });

  it('refuses samples of the past: they are not tried again', async () => {
    const exporter = await exporterOf();
    const at = Date.now();
    const family = counter('rw_past_total', [{}, 1]);
    await exporter.send(snapshotOf([family], at), context());
    const sent = Promise.resolve(exporter.send(snapshotOf([family], at - 5000), context()));
    await expect(sent).rejects.toMatchObject({ verdict: 'fatal', message: expect.stringContaining('400') });
  });

  it('is away and comes back: the next request has the newest values', async () => {
    const exporter = await exporterOf();
    const send = async (value: number) => {
      const at = Date.now();
      await exporter.send(snapshotOf([counter('rw_back_total', [{}, value])], at), context());
      return at;
    };
    await send(1);
    await server.stop();
    await expect(send(2)).rejects.toMatchObject({ verdict: 'retry' });
    await server.run();
    const at = await send(3);
    expect(await server.query('rw_back_total', at)).toMatchObject([{ value: 3 }]);
  });
});

describe('failures of remote write', () => {
  it.each([
    [400, 'fatal'],
    [401, 'fatal'],
    [404, 'fatal'],
    [408, 'fatal'],
    [413, 'fatal'],
    [429, 'retry'],
    [500, 'retry'],
    [503, 'retry'],
    [501, 'retry'],
  ])('%i: %s', async (code, verdict) => {
    const target = await HttpTarget.start();
    target.usual = status(code, 'no', { 'retry-after': '7' });
    const exporter = await load(remoteWrite({ url: target.url }));
    const sent = Promise.resolve(exporter.send(snapshotOf([counter('a_total', [{}, 1])]), context()));
    const error = await sent.catch((thrown: unknown) => thrown);
    await exporter.close?.();
    expect(error).toMatchObject({ verdict });
    if (verdict === 'retry') expect(error).toMatchObject({ retryAfterMs: 7000 });
  });

  it('sends the requests behind one that is refused, and says so at the end', async () => {
    const target = await HttpTarget.start();
    target.next.push(status(400, 'no'));
    const exporter = await load(remoteWrite({ url: target.url, maxSeriesPerRequest: 1 }));
    const points = [0, 1, 2].map((i) => [{ i: String(i) }, i] as const);
    const send = async (...families: Parameters<typeof snapshotOf>[0]) =>
      exporter.send(snapshotOf(families), context());
    await expect(send(counter('a_total', ...points))).rejects.toMatchObject({ verdict: 'fatal' });
    const first = target.received.length;
    // All have ended, also those that were sent beside the refused one.
    await send(gauge('b', [{}, 1]));
    await exporter.close?.();
    expect([first, target.received.length]).toEqual([2, 6]);
  });

  it('sends the headers of the specification', async () => {
    const target = await HttpTarget.start();
    const exporter = await load(remoteWrite({ url: target.url }), { compress: true });
    const points = Array.from({ length: 100 }, (_, i) => [{ i: String(i) }, i] as const);
    await exporter.send(snapshotOf([counter('a_total', ...points)]), context());
    await exporter.close?.();
    expect(target.received[0]?.headers).toMatchObject({
      ...{ 'content-type': 'application/x-protobuf', 'content-encoding': 'snappy' },
      'x-prometheus-remote-write-version': '0.1.0',
    });
  });
});
