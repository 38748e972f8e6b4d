/**
 * OTLP against a receiver of our own, which reads requests by the decoder of the official package and answers what the
 * specification allows. No receiver can be had here: Debian's Prometheus and VictoriaMetrics are older than OTLP.
 */
import otlpRoot from '@opentelemetry/otlp-transformer/build/src/generated/root.js';
import { describe, expect, it } from 'vitest';
import { otlp } from '../../../dist/src/collector/backends/otlp/index.js';
import { HttpTarget, type Received, status } from '../../fixtures/http-target.js';
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

/** A message of the package, for which it has no declarations. */
interface Message {
  decode(bytes: Uint8Array): unknown;
  encode(message: unknown): { finish(): Uint8Array };
  fromObject(object: unknown): unknown;
  // biome-ignore lint/suspicious/noExplicitAny: tests compare what is in it.
  toObject(message: unknown, options: { longs: StringConstructor }): any;
}
const { opentelemetry } = otlpRoot as unknown as {
  opentelemetry: {
    proto: { collector: { metrics: { v1: { [name in `ExportMetricsService${Kind}`]: Message } } } };
  };
};
type Kind = 'Request' | 'Response';
const { ExportMetricsServiceRequest, ExportMetricsServiceResponse } =
  opentelemetry.proto.collector.metrics.v1;

const at = Date.UTC(2025, 0, 31, 12) + 7;
const startedAt = at - 60_000;
const nano = (ms: number) => `${ms}000000`;

/** What was received, in the form of OTLP's JSON. @throws where a field is unknown or of a wrong type. */
function decoded({ body, headers }: Received) {
  if (headers['content-type'] === 'application/json') {
    const request = JSON.parse(String(body));
    // fromObject would let a wrong name go by.
    const read = ExportMetricsServiceRequest.fromObject(request);
    const again = ExportMetricsServiceRequest.toObject(read, { longs: String });
    expect(withoutEmpty(again)).toEqual(withoutEmpty(request));
    return request;
  }
  expect(headers['content-type']).toBe('application/x-protobuf');
  const message = ExportMetricsServiceRequest.decode(body);
  // Unknown fields, or bytes that are not minimal, would be missing here.
  expect(Buffer.compare(Buffer.from(ExportMetricsServiceRequest.encode(message).finish()), body)).toBe(0);
  return ExportMetricsServiceRequest.toObject(message, { longs: String });
}

const metricsOf = (received: Received) => decoded(received).resourceMetrics[0].scopeMetrics[0].metrics;

describe('options of OTLP', () => {
  const url = 'http://otel:4318/v1/metrics';
  it.each([
    [{}, 'url'],
    [{ url, temporality: 'Delta' }, 'temporality'],
    [{ url, encoding: 'grpc' }, 'encoding'],
    [{ url, resource: { a: 1 } }, 'resource.a'],
    [{ url, headers: { 'a b': 'x' } }, 'headers'],
  ])('%j: the error names %s', (options, key) => {
    expect(() => otlp(options as never)).toThrow(expect.objectContaining({ code: 'ERR_CONFIG', key }));
  });
});

describe.each(['protobuf', 'json'] as const)('OTLP as %s', (encoding) => {
  const families = [
    counter('reqs_total', [{ path: '/a', method: 'GET' }, 5], [{}, 2 ** 53]),
    gauge('temp', [{}, -1.5]),
    histogram('secs', [0.1, 1], [{ path: '/a' }, [0.1, 0.5, 7]]),
    exponential('sizes', 2, [{ path: '/a' }, [0, 0.5, 1, 2]]),
    counter('unseen_total'),
  ];

  it('has every kind of family, with times', async () => {
    const target = await HttpTarget.start();
    const exporter = await load(
      otlp({ url: target.url, encoding, resource: { zone: 'eu' }, headers: { 'x-key': 'k' } }),
    );
    await exporter.send(snapshotOf(families, at, startedAt), context());
    await exporter.close?.();
    const [received] = target.received as [Received];
    expect(received.headers['x-key']).toBe('k');
    const times = { startTimeUnixNano: nano(startedAt), timeUnixNano: nano(at) };
    const attributes = (labels: object) =>
      Object.entries(labels).map(([key, stringValue]) => ({ key, value: { stringValue } }));
    const cumulative = { aggregationTemporality: 2 };
    const { resourceMetrics } = decoded(received);
    expect(resourceMetrics).toHaveLength(1);
    expect(resourceMetrics[0].resource.attributes).toEqual(
      attributes({ 'service.name': 'shop', zone: 'eu' }),
    );
    // Absent and empty mean the same in protobuf; the decoder leaves empty lists out.
    expect(withoutEmpty(metricsOf(received))).toEqual([
      {
        ...{ name: 'reqs_total', description: 'The reqs_total' },
        sum: {
          ...{ ...cumulative, isMonotonic: true },
          dataPoints: [
            { ...times, attributes: attributes({ method: 'GET', path: '/a' }), asDouble: 5 },
            { ...times, asDouble: 2 ** 53 },
          ],
        },
      },
      {
        ...{ name: 'temp', description: 'The temp' },
        gauge: { dataPoints: [{ ...times, asDouble: -1.5 }] },
      },
      {
        name: 'secs',
        histogram: {
          ...cumulative,
          dataPoints: [
            {
              ...{ ...times, attributes: attributes({ path: '/a' }), count: '3', sum: 7.6 },
              ...{ bucketCounts: ['1', '1', '1'], explicitBounds: [0.1, 1] },
            },
          ],
        },
      },
      {
        name: 'sizes',
        exponentialHistogram: {
          ...cumulative,
          dataPoints: [
            {
              ...{
                ...times,
                attributes: attributes({ path: '/a' }),
                count: '4',
                sum: 3.5,
                scale: 2,
                zeroCount: '1',
              },
              positive: { offset: -5, bucketCounts: ['1', '0', '0', '0', '1', '0', '0', '0', '1'] },
            },
          ],
        },
      },
    ]);
  });

  it('has hostile values of labels as they were', async () => {
    const target = await HttpTarget.start();
    const exporter = await load(otlp({ url: target.url, encoding }), { compress: true });
    const points = hostileValues.map((value, i) => [{ value }, i] as const);
    await exporter.send(snapshotOf([counter('a_total', ...points, [{ value: 'a\ud800' }, 1])]), context());
    await exporter.close?.();
    const { dataPoints } = metricsOf(target.received[0] as Received)[0].sum;
    const values = dataPoints.map(
      (point: never) =>
        (point as { attributes: { value: { stringValue: string } }[] }).attributes[0]?.value.stringValue,
    );
    expect(values).toEqual([...hostileValues, 'a\ufffd']);
  });

  it('has the infinities, and NaN', async () => {
    const target = await HttpTarget.start();
    const exporter = await load(otlp({ url: target.url, encoding }));
    const values = [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
    const family = gauge('g', ...values.map((value, i) => [{ i: String(i) }, value] as const));
    await exporter.send(snapshotOf([family]), context());
    await exporter.close?.();
    const [{ body }] = target.received as [Received];
    if (encoding === 'json') {
      const texts = JSON.parse(String(body)).resourceMetrics[0].scopeMetrics[0].metrics[0].gauge.dataPoints;
      expect(texts.map(({ asDouble }: { asDouble: unknown }) => asDouble)).toEqual(values.map(String));
    } else {
      const { dataPoints } = metricsOf(target.received[0] as Received)[0].gauge;
      expect(dataPoints.map(({ asDouble }: { asDouble: unknown }) => asDouble)).toEqual(values);
    }
  });
});

/** Members that are empty, at any depth, left out. */
function withoutEmpty(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutEmpty);
  if (typeof value !== 'object' || value === null) return value;
  const kept = Object.entries(value).filter(
    ([, each]) => each !== '' && !(Array.isArray(each) && each.length === 0),
  );
  return Object.fromEntries(kept.map(([name, each]) => [name, withoutEmpty(each)]));
}

describe('delta temporality', () => {
  /** The points that a receiver has added up, by metric and label; and each point's times. */
  const valuesIn = (received: Received) =>
    Object.fromEntries(
      metricsOf(received).flatMap((metric: Record<string, never>) => {
        const kind = (metric.sum ??
          metric.histogram ??
          metric.exponentialHistogram ??
          metric.gauge) as unknown as {
          dataPoints: Record<string, unknown>[];
        };
        return kind.dataPoints.map((point) => [
          metric.name,
          point.asDouble ?? point.bucketCounts ?? (point.positive as { bucketCounts: unknown }).bucketCounts,
        ]);
      }),
    );
  const started = async (memory?: Uint8Array) => {
    const target = await HttpTarget.start();
    const exporter = await load(otlp({ url: target.url, temporality: 'delta' }), { memory });
    return { target, exporter };
  };
  const of = (value: number, durations: number[], sizes: number[], level = 5) => [
    counter('c_total', [{}, value]),
    histogram('h', [1], [{}, durations]),
    exponential('e', 0, [{}, sizes]),
    gauge('g', [{}, level]),
  ];

  it('has what was added since the last request that was taken', async () => {
    const { target, exporter } = await started();
    await exporter.send(snapshotOf(of(3, [0.5], [1]), at, startedAt), context());
    target.next.push(status(503));
    const failed = exporter.send(snapshotOf(of(5, [0.5, 2], [1, 3]), at + 1000, startedAt), context());
    await expect(Promise.resolve(failed)).rejects.toMatchObject({ verdict: 'retry' });
    await exporter.send(snapshotOf(of(9, [0.5, 2, 2], [1, 3, 3]), at + 2000, startedAt), context());
    // Nothing new: gauges alone are sent.
    await exporter.send(snapshotOf(of(9, [0.5, 2, 2], [1, 3, 3]), at + 3000, startedAt), context(true));
    await exporter.close?.();
    expect(target.received.map(valuesIn)).toEqual([
      { c_total: 3, h: ['1', '0'], e: ['1'], g: 5 },
      { c_total: 6, h: ['0', '2'], e: ['0', '0', '2'], g: 5 },
      { g: 5 },
    ]);
    const [first, second] = target.received as [Received, Received];
    const [metric] = metricsOf(first);
    expect(metric.sum.aggregationTemporality).toBe(1);
    expect(metric.sum.dataPoints[0]).toMatchObject({
      startTimeUnixNano: nano(startedAt),
      timeUnixNano: nano(at),
    });
    expect(metricsOf(second)[0].sum.dataPoints[0]).toMatchObject({
      ...{ startTimeUnixNano: nano(at), timeUnixNano: nano(at + 2000) },
    });
  });

  it('adds up where exponential buckets have become coarser', async () => {
    const { target, exporter } = await started();
    await exporter.send(snapshotOf([exponential('e', 2, [{}, [1, 1.3, 9]])], at), context());
    await exporter.send(snapshotOf([exponential('e', 0, [{}, [1, 1.3, 9, 900]])], at + 1), context());
    await exporter.close?.();
    const point = metricsOf(target.received[1] as Received)[0].exponentialHistogram.dataPoints[0];
    expect(point).toMatchObject({ count: '1', sum: 900, scale: 0 });
    const { offset, bucketCounts } = point.positive;
    expect(
      bucketCounts
        .map((count: string, i: number) => [offset + i, count])
        .filter(([, count]: string[]) => count !== '0'),
    ).toEqual([[9, '1']]);
  });

  it('has what is new of a series that had expired and came back with its count', async () => {
    const { target, exporter } = await started();
    await exporter.send(snapshotOf(of(10, [0.5], [1]), at), context());
    await exporter.send(snapshotOf([gauge('g', [{}, 5])], at + 1), context());
    await exporter.send(snapshotOf(of(12, [0.5, 2], [1, 1]), at + 2), context());
    await exporter.close?.();
    expect(valuesIn(target.received[2] as Received)).toEqual({ c_total: 2, h: ['0', '1'], e: ['1'], g: 5 });
  });

  it('has all of a series that began anew', async () => {
    const { target, exporter } = await started();
    await exporter.send(snapshotOf([counter('c_total', [{}, 10])], at), context());
    await exporter.send(snapshotOf([counter('c_total', [{}, 4])], at + 1), context());
    await exporter.close?.();
    expect(valuesIn(target.received[1] as Received)).toEqual({ c_total: 4 });
  });

  it('goes on where another thread has died', async () => {
    const first = await started();
    await first.exporter.send(snapshotOf(of(3, [0.5], [1]), at), context());
    const memory = first.exporter.remember?.();
    await first.exporter.close?.();
    const second = await started(memory);
    await second.exporter.send(snapshotOf(of(5, [0.5, 0.7], [1, 1]), at + 1), context());
    await second.exporter.close?.();
    expect(valuesIn(second.target.received[0] as Received)).toEqual({
      c_total: 2,
      h: ['1', '0'],
      e: ['1'],
      g: 5,
    });
  });
});

describe('answers of a receiver', () => {
  const sendTo = async (target: HttpTarget, options: object = {}) => {
    const exporter = await load(otlp({ url: target.url, ...options }));
    try {
      return await exporter.send(snapshotOf([counter('a_total', [{}, 1])]), context());
    } finally {
      await exporter.close?.();
    }
  };

  it.each([
    ...[429, 502, 503, 504].map((code) => [code, 'retry'] as const),
    ...[400, 401, 403, 404, 408, 413, 500, 501].map((code) => [code, 'fatal'] as const),
  ])('%i: %s', async (code, verdict) => {
    const target = await HttpTarget.start();
    target.usual = status(code, '', { 'retry-after': '3' });
    const error = await sendTo(target).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ verdict, message: expect.stringContaining(String(code)) });
    if (verdict === 'retry') expect(error).toMatchObject({ retryAfterMs: 3000 });
  });

  it('a receiver that is not there: retry', async () => {
    const target = await HttpTarget.start();
    await target.stop();
    await expect(sendTo(target)).rejects.toMatchObject({ verdict: 'retry' });
  });

  it('google.rpc.Status as protobuf or as JSON: the error has its words', async () => {
    const target = await HttpTarget.start();
    target.next.push(
      status(400, '\x08\x03\x12\x0fno such a thing'),
      status(400, '{"code":3,"message":"none"}'),
    );
    await expect(sendTo(target)).rejects.toThrow(/400: no such a thing$/);
    await expect(sendTo(target)).rejects.toThrow(/400: none$/);
  });

  it.each(['protobuf', 'json'] as const)(
    'a partial success as %s: counted, and a warning',
    async (encoding) => {
      const partialSuccess = { rejectedDataPoints: 300, errorMessage: 'too old' };
      const target = await HttpTarget.start();
      target.next.push((response) => {
        const bytes = ExportMetricsServiceResponse.encode({ partialSuccess }).finish();
        const type = encoding === 'json' ? 'application/json' : 'application/x-protobuf';
        const body =
          encoding === 'json'
            ? JSON.stringify({ partialSuccess: { ...partialSuccess, rejectedDataPoints: '300' } })
            : bytes;
        response.writeHead(200, { 'content-type': type }).end(body);
      });
      const warned = new Promise<Error>((resolve) => process.once('warning', resolve));
      expect(await sendTo(target, { encoding })).toEqual({ refused: 300 });
      expect((await warned).message).toMatch(/refused 300 point\(s\): too old$/);
    },
  );

  it('an empty answer: all was taken', async () => {
    const target = await HttpTarget.start();
    target.next.push(status(200, ''));
    expect(await sendTo(target)).toBeUndefined();
  });
});
