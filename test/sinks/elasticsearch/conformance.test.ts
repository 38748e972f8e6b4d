/**
 * The Elasticsearch sink under the suite for makers of sinks, on a double of the protocol.
 */
import { afterAll, beforeAll, describe } from 'vitest';
import { type ColumnType, defineSchema, type Schema, t } from '../../../dist/src/index.js';
import { elasticsearch } from '../../../dist/src/sinks/elasticsearch/index.js';
import type { ConformanceOptions, Row } from '../../../dist/src/testing/index.js';
import { ElasticsearchDouble, failure } from '../../fixtures/elasticsearch-double.js';
import { jsonFormOf } from '../../fixtures/json-form.js';
import { runConformance } from '../../fixtures/run-conformance.js';

let server: ElasticsearchDouble;
beforeAll(async () => {
  server = await ElasticsearchDouble.start();
});
afterAll(() => server.stop());

const finite = (value: number) => (Number.isFinite(value) ? value : null);
const read: { [T in ColumnType]?: (value: never) => unknown } = {
  bigint64: (value: string) => BigInt(value),
  timestamp: (value: string) => Date.parse(value),
  bytes: (value: string) => new Uint8Array(Buffer.from(value, 'base64')),
};

const all: ConformanceOptions = {
  sink: () => elasticsearch({ url: server.url, bigints: 'text' }),
  readBack: (schema: Schema) =>
    server.sources(schema.name).map((source) =>
      Object.fromEntries(
        Object.entries(schema.columns).map(([name, { type }]) => {
          const value = source[name] ?? null;
          return [name, value === null ? null : (read[type]?.(value as never) ?? value)];
        }),
      ),
    ),
  losses: {
    float32: finite,
    float64: finite,
    // The double's reader of dates leaves parts of a millisecond.
    timestamp: Math.floor,
    any: jsonFormOf,
  },
  idempotent: 'identity',
  ordered: true,
  breakTarget: async () => {
    await server.stop();
    return () => server.run();
  },
  stallTarget: () => {
    server.stalled = true;
    return () => {
      server.stalled = false;
    };
  },
  limitTarget: () => {
    server.mostBytes = 20_000;
    return () => {
      server.mostBytes = Number.POSITIVE_INFINITY;
    };
  },
  badRow: (_, row) => {
    server.refuse = ({ text }) =>
      text === 'bad' ? failure(400, 'document_parsing_exception', 'failed to parse field [text]') : undefined;
    return { ...row, text: 'bad' } as Row;
  },
};

describe('the Elasticsearch sink', () => {
  runConformance(all);
});

describe('the Elasticsearch sink with an id of a column', () => {
  runConformance({
    ...all,
    sink: () => elasticsearch({ url: server.url, op: 'index', id: { column: 'n' }, compression: 'gzip' }),
    schemas: [defineSchema('users', { n: t.int32(), text: t.string(), tag: t.label().optional() })],
    idempotent: 'key',
  });
});
