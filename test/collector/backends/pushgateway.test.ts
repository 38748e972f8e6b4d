/**
 * The Pushgateway backend and the text exposition format, against Debian's gateway: what was pushed is read back, and a
 * gateway that was away gets the newest values.
 */
import { beforeAll, describe, expect, it } from 'vitest';
import { exposition } from '../../../dist/src/collector/backends/exposition.js';
import { pushgateway } from '../../../dist/src/collector/backends/pushgateway/index.js';
import { HttpTarget, status } from '../../fixtures/http-target.js';
import { noPushgateway, Pushgateway } from '../../fixtures/prometheus-servers.js';
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

describe('the exposition format', () => {
  it('has every kind of family', () => {
    const text = exposition(
      snapshotOf([
        counter('requests_total', [{ b: '2', a: '1' }, 5], [{}, 0.5]),
        gauge('up', [{}, Number.NaN], [{ x: 'y' }, Number.POSITIVE_INFINITY], [{ x: 'z' }, -1e21]),
        histogram('seconds', [0.1, 1], [{ path: '/' }, [0.1, 0.5, 7]], [{}, []]),
        exponential('sizes', 2, [{ quantile: 'q' }, [0, 1, 2]]),
        counter('unseen_total'),
      ]),
    );
    expect(text.split('\n')).toEqual([
      ...['# HELP requests_total The requests_total', '# TYPE requests_total counter'],
      ...['requests_total{a="1",b="2"} 5', 'requests_total 0.5'],
      ...['# HELP up The up', '# TYPE up gauge', 'up NaN', 'up{x="y"} +Inf', 'up{x="z"} -1e+21'],
      '# TYPE seconds histogram',
      ...['seconds_bucket{path="/",le="0.1"} 1', 'seconds_bucket{path="/",le="1"} 2'],
      ...['seconds_bucket{path="/",le="+Inf"} 3', 'seconds_sum{path="/"} 7.6', 'seconds_count{path="/"} 3'],
      ...['seconds_bucket{le="0.1"} 0', 'seconds_bucket{le="1"} 0', 'seconds_bucket{le="+Inf"} 0'],
      ...['seconds_sum 0', 'seconds_count 0'],
      ...[
        '# TYPE sizes summary',
        'sizes_sum{exported_quantile="q"} 3',
        'sizes_count{exported_quantile="q"} 3',
        '',
      ],
    ]);
  });

  it('is empty without series', () => {
    expect(exposition(snapshotOf([counter('a_total')]))).toBe('');
  });

  it('leaves labels without a value out, and half surrogate pairs', () => {
    const text = exposition(snapshotOf([counter('a_total', [{ empty: '', half: 'a\ud800b' }, 1])]));
    expect(text).toContain('a_total{half="a\ufffdb"} 1\n');
  });
});

describe('labels of names that the backend needs', () => {
  const linesOf = (reserved: string[], ...labels: Record<string, string>[]) =>
    exposition(
      snapshotOf([counter('a_total', ...labels.map((each) => [each, 1] as const))]),
      new Set(reserved),
    )
      .split('\n')
      .filter((line) => line.startsWith('a_total'));

  it('are renamed so that no two labels, and no two series, become one', () => {
    expect(
      linesOf(['job'], { job: 'a', exported_job: 'b' }, { exported_job: 'a' }, { exported_to: 'c' }),
    ).toEqual([
      'a_total{exported_exported_job="b",exported_job="a"} 1',
      'a_total{exported_exported_job="a"} 1',
      'a_total{exported_to="c"} 1',
    ]);
    expect(linesOf(['job', 'exported_job'], { job: 'a' }, { exported_job: 'a' })).toEqual([
      'a_total{exported_exported_job="a"} 1',
      'a_total{exported_exported_exported_job="a"} 1',
    ]);
  });
});

describe('options of the Pushgateway', () => {
  it.each([
    [{}, 'url'],
    [{ url: 'gateway:9091' }, 'url'],
    [{ url: 'http://gateway:9091', jobs: 'x' }, 'jobs'],
    [{ url: 'http://gateway:9091', job: '' }, 'job'],
    [{ url: 'http://gateway:9091', grouping: { job: 'x' } }, 'grouping'],
    [{ url: 'http://gateway:9091', grouping: { 'a/b': 'x' } }, 'grouping'],
    [{ url: 'http://gateway:9091', grouping: { a: '\ud800' } }, 'grouping.a'],
    [{ url: 'http://gateway:9091', intervalMs: 0 }, 'intervalMs'],
    [{ url: 'http://gateway:9091', compression: 'br' }, 'compression'],
    [{ url: 'http://gateway:9091', token: 'a', tokenEnv: 'B' }, 'tokenEnv'],
    [{ url: 'http://gateway:9091', connections: 2 }, 'connections'],
  ])('%j: the error names %s', (options, key) => {
    expect(() => pushgateway(options as never)).toThrow(expect.objectContaining({ code: 'ERR_CONFIG', key }));
  });
});

describe.skipIf(noPushgateway)(`a Pushgateway ${noPushgateway ?? ''}`, () => {
  let gateway: Pushgateway;
  beforeAll(async () => {
    gateway = await Pushgateway.start();
  });

  const groupOf = async (job: string) => (await gateway.groups()).find(({ labels }) => labels.job === job);
  const push = async (options: object, ...snapshots: ReturnType<typeof snapshotOf>[]) => {
    const exporter = await load(pushgateway({ url: gateway.url, ...options }));
    for (const snapshot of snapshots) await exporter.send(snapshot, context());
    return exporter;
  };

  it('has what was pushed, by job and grouping key', async () => {
    const families = [
      counter('reqs_total', [{ path: '/a' }, 7]),
      histogram('secs', [0.5, 1], [{ path: '/a' }, [0.2, 0.7, 3]]),
    ];
    await push({ grouping: { instance: 'web-1' } }, snapshotOf(families));
    const { labels, families: pushed } = (await groupOf('shop')) ?? expect.unreachable();
    expect(labels).toEqual({ job: 'shop', instance: 'web-1' });
    expect(pushed.reqs_total).toMatchObject({
      type: 'COUNTER',
      help: 'The reqs_total',
      metrics: [{ value: '7' }],
    });
    expect(pushed.secs).toMatchObject({
      type: 'HISTOGRAM',
      metrics: [{ buckets: { 0.5: '1', 1: '2', '+Inf': '3' }, count: '3', sum: '3.9' }],
    });
  });

  it('has the series of the last push only', async () => {
    const first = snapshotOf([counter('old_total', [{}, 1]), counter('new_total', [{}, 1])]);
    await push({ job: 'replaced' }, first, snapshotOf([counter('new_total', [{}, 2])]));
    const { families } = (await groupOf('replaced')) ?? expect.unreachable();
    expect(Object.keys(families)).toEqual(['new_total']);
    expect(families.new_total?.metrics[0]?.value).toBe('2');
  });

  it('gives hostile values of labels back as they were', async () => {
    const points = hostileValues.map((value, i) => [{ value }, i] as const);
    await push({ job: 'hostile' }, snapshotOf([counter('hostile_total', ...points)]));
    const { families } = (await groupOf('hostile')) ?? expect.unreachable();
    const read = families.hostile_total?.metrics.map(({ labels, value }) => [labels.value, value]);
    const byText = (a: unknown, b: unknown) => (String(a) < String(b) ? -1 : 1);
    expect(read?.sort(byText)).toEqual(hostileValues.map((value, i) => [value, String(i)]).sort(byText));
  });

  it.each(['a/b', '', '..', '.', 'a b?c#d%2F', 'ü'])('knows a grouping key of %j', async (key) => {
    const job = `key ${key}`;
    const exporter = await push({ job, grouping: { key } }, snapshotOf([counter('a_total', [{}, 1])]));
    expect((await groupOf(job))?.labels.key ?? '').toBe(key);
    await exporter.close?.();
  });

  it('has a label of the series beside one of the same name in the grouping key', async () => {
    const points = [counter('b_total', [{ job: 'x', instance: 'y' }, 1], [{ job: 'z', instance: 'y' }, 2])];
    await push({ job: 'same', grouping: { instance: 'w' } }, snapshotOf(points));
    const { families } = (await groupOf('same')) ?? expect.unreachable();
    expect(families.b_total?.metrics.map(({ labels }) => labels.exported_job)).toEqual(['x', 'z']);
  });

  it('takes series whose labels have the names that others are renamed to', async () => {
    const points = [counter('f_total', [{ job: 'x', exported_job: 'y' }, 1], [{ exported_job: 'x' }, 2])];
    await push({ job: 'twice' }, snapshotOf(points));
    const { families } = (await groupOf('twice')) ?? expect.unreachable();
    expect(families.f_total?.metrics).toHaveLength(2);
  });

  it.each([false, true])('at the end, with deleteAtEnd %s', async (deleteAtEnd) => {
    const job = `end ${deleteAtEnd}`;
    const exporter = await push({ job, deleteAtEnd }, snapshotOf([counter('c_total', [{}, 1])]));
    expect(await groupOf(job)).toBeDefined();
    await exporter.send(snapshotOf([counter('c_total', [{}, 2])]), context(true));
    await exporter.close?.();
    const value = (await groupOf(job))?.families.c_total?.metrics[0]?.value;
    expect(value).toBe(deleteAtEnd ? undefined : '2');
  });

  it('is away and comes back: the next push has the newest values', async () => {
    const exporter = await push({ job: 'back' }, snapshotOf([counter('d_total', [{}, 1])]));
    await gateway.stop();
    const send = async (value: number) =>
      exporter.send(snapshotOf([counter('d_total', [{}, value])]), context());
    await expect(send(2)).rejects.toMatchObject({ verdict: 'retry' });
    await gateway.run();
    await send(3);
    const { families } = (await groupOf('back')) ?? expect.unreachable();
    expect(families.d_total?.metrics[0]?.value).toBe('3');
  });

  it('refuses what is no exposition: the error is not for retries', async () => {
    const exporter = await load(pushgateway({ url: gateway.url }));
    const sent = exporter.send(snapshotOf([counter('no metric', [{}, 1])]), context());
    await expect(Promise.resolve(sent)).rejects.toMatchObject({ status: 400, verdict: 'fatal' });
  });

  it('takes compressed pushes', async () => {
    const many = Array.from({ length: 200 }, (_, i) => [{ i: String(i) }, i] as const);
    const exporter = await load(pushgateway({ url: gateway.url, job: 'gzip' }), { compress: true });
    await exporter.send(snapshotOf([counter('e_total', ...many)]), context());
    expect((await groupOf('gzip'))?.families.e_total?.metrics).toHaveLength(200);
  });
});

it('sends by PUT, with its type and its token', async () => {
  const target = await HttpTarget.start();
  const { url } = target;
  const exporter = await load(pushgateway({ url, token: 'secret', job: 'a' }));
  target.next.push(status(200));
  await exporter.send(snapshotOf([counter('a_total', [{}, 1])]), context());
  await exporter.close?.();
  expect(target.received).toMatchObject([
    {
      ...{ method: 'PUT', url: '/in/metrics/job/a' },
      headers: { 'content-type': 'text/plain; version=0.0.4; charset=utf-8', authorization: 'Bearer secret' },
    },
  ]);
});
