/**
 * The InfluxDB sink under the suite for makers of sinks, on Debian's InfluxDB. A tag has each row's identity, so that
 * each is a point of its own.
 */
import { beforeAll, describe } from 'vitest';
import { type ColumnType, defineSchema, type Schema, t } from '../../../dist/src/index.js';
import { typeNames } from '../../../dist/src/schema/columns/types/table.js';
import { influx } from '../../../dist/src/sinks/influx/index.js';
import { type ConformanceOptions, type Row, refused } from '../../../dist/src/testing/index.js';
import { CutProxy } from '../../fixtures/cut-proxy.js';
import { InfluxServer, noInflux } from '../../fixtures/influx-server.js';
import { jsonFormOf } from '../../fixtures/json-form.js';
import { runConformance } from '../../fixtures/run-conformance.js';

/** Without a time of its own, a point that is written again has another one. */
const withTime = defineSchema('plain', {
  at: t.timestamp(),
  n: t.int32(),
  text: t.string(),
  tag: t.label().optional(),
});

/** Each column type, and names with all that line protocol escapes. */
const schemas = [
  withTime,
  ...typeNames
    .filter((type) => type !== 'label')
    .map((type) =>
      defineSchema(type, {
        at: t.timestamp(),
        n: t.int32(),
        value: { type, nullable: false },
        maybe: { type, nullable: true },
      }),
    ),
  // Together, the longest values of two tags make a key of more than the server's 65,535 bytes.
  defineSchema('label', { at: t.timestamp(), n: t.int32(), value: t.label() }),
  defineSchema('maybe_label', { at: t.timestamp(), n: t.int32(), maybe: t.label().optional() }),
  defineSchema('names', {
    at: t.timestamp(),
    n: t.int32(),
    select: t.string(),
    'two words': t.label(),
    'quo"te': t.int32().optional(),
    "apostrophe's": t.float64(),
    'back`tick\\too': t.string().optional(),
    'a,b=c': t.string().optional(),
    'größe_☃': t.bool(),
  }),
];

/** Nanoseconds of 64 bits. */
const mostMs = 9_223_372_036_854;

const finite = (value: number) => (Number.isFinite(value) ? value : refused);
const losses: ConformanceOptions['losses'] = {
  float32: finite,
  float64: finite,
  timestamp: (ms: number) => (Math.abs(ms) <= mostMs ? ms : refused),
  string: (text: string) => text.toWellFormed(),
  // Tags have no empty texts, and neither ends of lines nor some backslashes.
  label: (text: string) =>
    text === '' ? null : text.toWellFormed().replace(/\\(?=[\\,= ]|$)|[\n\r]/g, '\ufffd'),
  any: jsonFormOf,
};

const number = (value: unknown) => Number(value);
const json = (text: unknown) => JSON.parse(text as string);
const text = (value: unknown) => value;
/** From what InfluxQL answers, with whole numbers of many digits as texts, to what a batch gives. */
const read: Record<ColumnType, (value: unknown) => unknown> = {
  ...{ int8: number, int16: number, int32: number, uint8: number, uint16: number, uint32: number },
  ...{ float32: number, float64: number, bool: (value) => value === true, string: text, label: text, json },
  bigint64: (value) => BigInt(value as string),
  timestamp: (value) => {
    const ns = BigInt(value as string);
    return Number(ns / 1_000_000n) + Number(ns % 1_000_000n) / 1e6;
  },
  bytes: (value) => new Uint8Array(Buffer.from(value as string, 'base64')),
  any: json,
};

describe.skipIf(noInflux)(`the InfluxDB sink ${noInflux ?? ''}`, () => {
  let server: InfluxServer;
  beforeAll(async () => {
    server = await InfluxServer.start();
  });
  const sinkAt = (url: string) =>
    influx({ url, database: 'test', sameInstant: { tag: 'row' }, compression: 'none' });

  const options: ConformanceOptions = {
    sink: () => sinkAt(server.url),
    readBack: async ({ name: schema, columns }: Schema) => {
      const time = Object.entries(columns).find(([, { type }]) => type === 'timestamp')?.[0];
      const points = await server.points(schema);
      return points.map((point) =>
        Object.fromEntries(
          Object.entries(columns).map(([name, { type }]) => {
            const value = point[name === time ? 'time' : name] ?? null;
            return [name, value === null ? null : read[type](value)];
          }),
        ),
      );
    },
    schemas,
    losses,
    idempotent: 'identity',
    breakTarget: async () => {
      await server.stop();
      return () => server.run();
    },
    limitTarget: async () => {
      await server.restart({ mostBytes: 20_000 });
      return () => server.restart();
    },
    badRow: (_, row) => ({ ...row, tag: 'x'.repeat(66_000) }) as Row,
  };

  runConformance(options);

  describe('with rows that have no time', () => {
    // Rows that the server took beside a bad one are written again at another time, and are there twice.
    const { idempotent, badRow, ...others } = options;
    const plain = defineSchema('untimed', {
      n: t.int32(),
      text: t.string(),
      tag: t.label().optional(),
    });
    runConformance({ ...others, schemas: [plain] });
  });

  describe('behind a network that stalls', () => {
    let proxy: CutProxy;
    const { breakTarget, limitTarget, ...others } = options;
    runConformance({
      ...others,
      schemas: [withTime],
      sink: async () => {
        proxy = await CutProxy.to(server.port);
        return sinkAt(`http://127.0.0.1:${proxy.port}`);
      },
      stallTarget: () => {
        proxy.stall();
        return () => proxy.resume();
      },
    });
  });
});
