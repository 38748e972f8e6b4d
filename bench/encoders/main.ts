/**
 * `npm run bench:encoders`: what a row costs the flusher to become JSON, MessagePack or line protocol, from the columns
 * of a batch, beside the usual ways: `JSON.stringify` a row, `@msgpack/msgpack`, `Point` of InfluxDB's own client.
 *
 * The ways of a group take turns, so that what else the machine does strikes all of them. Both sides end with bytes.
 */
import { Point } from '@influxdata/influxdb-client';
import { encode } from '@msgpack/msgpack';
import { batchOf, defineSchema, t } from '../../src/index.js';
import { check } from '../../src/options/check.js';
import { Batch } from '../../src/schema/read/batch.js';
import { jsonRows } from '../../src/sinks/encode/json-rows.js';
import { msgpackRows } from '../../src/sinks/encode/msgpack-rows.js';
import type { RowEncoder } from '../../src/sinks/encode/row-writer.js';
import { lineRows } from '../../src/sinks/influx/line-rows.js';
import { influxRules } from '../../src/sinks/influx/options.js';
import { WireBuffer } from '../../src/sinks/wire/wire-buffer.js';

const Requests = defineSchema('requests', {
  at: t.timestamp(),
  method: t.label(),
  host: t.label(),
  status: t.uint16(),
  duration: t.float64(),
  bytes: t.uint32(),
  path: t.string(),
});

const rows = 1000;
const rounds = Number(process.argv[2] ?? 15);
const roundMs = 150;

const methods = ['GET', 'POST', 'PUT'];
const { data } = batchOf(
  Requests,
  Array.from({ length: rows }, (_, i) => ({
    ...{ at: 1_700_000_000_000 + i, method: methods[i % 3] as string, host: `web-${i % 20}` },
    ...{ status: i % 50 === 0 ? 500 : 200, duration: (i * 7919) / 1000, bytes: i * 37 },
    path: `/users/${i}/orders?page=${i % 7}`,
  })),
);
/** Fresh views of the same columns, as each flush has them: no text is decoded yet. */
const freshBatch = () => new Batch(Requests, data);

type Encode = (batch: Batch<typeof Requests>) => Uint8Array;

function ours(encoder: RowEncoder, between = 0): Encode {
  const into = new WireBuffer(2 ** 28);
  return (batch) => {
    const { write } = encoder.of(batch as unknown as Batch);
    into.clear();
    for (let row = 0; row < batch.length; row++) {
      write(into, row);
      if (between === 0) continue;
      into.reserve(1);
      into.bytes[into.at++] = between;
    }
    return into.written.slice();
  };
}

const form = {
  absent: 'null',
  times: 'ms',
  bigints: 'text',
  nonFinite: 'null',
  identityField: undefined,
} as const;
const influxSettings = check(influxRules, { url: 'http://h', database: 'd' });

const groups: Record<string, Record<string, Encode>> = {
  NDJSON: {
    'from columns': ours(jsonRows(Requests, form), 0x0a),
    'JSON.stringify a row': (batch) => {
      let text = '';
      for (let row = 0; row < batch.length; row++) text += `${JSON.stringify(batch.row(row))}\n`;
      return Buffer.from(text);
    },
  },
  MessagePack: {
    'from columns': ours(msgpackRows(Requests, undefined)),
    '@msgpack/msgpack': (batch) => encode(batch.rows()),
  },
  'line protocol': {
    'from columns': ours(lineRows(Requests, influxSettings)),
    'Point of @influxdata/influxdb-client': (batch) => {
      let text = '';
      for (let row = 0; row < batch.length; row++) {
        const { at, method, host, status, duration, bytes, path } = batch.row(row);
        const point = new Point('requests')
          .tag('method', method)
          .tag('host', host)
          .intField('status', status)
          .floatField('duration', duration)
          .intField('bytes', bytes)
          .stringField('path', path)
          .timestamp(`${at}000000`);
        text += `${point.toLineProtocol()}\n`;
      }
      return Buffer.from(text);
    },
  },
};

/** Nanoseconds of the CPU a row, whatever else the machine does. */
function measure(encodeBatch: Encode): number {
  let count = 0;
  const start = process.cpuUsage();
  const end = performance.now() + roundMs;
  while (performance.now() < end) {
    encodeBatch(freshBatch());
    count += rows;
  }
  const { user, system } = process.cpuUsage(start);
  return ((user + system) * 1000) / count;
}

const median = (values: number[]) => values.toSorted((a, b) => a - b)[values.length >> 1] as number;

for (const [title, ways] of Object.entries(groups)) {
  const measured = new Map(Object.keys(ways).map((name) => [name, [] as number[]]));
  for (let round = -2; round < rounds; round++) {
    for (const [name, way] of Object.entries(ways)) {
      const ns = measure(way);
      if (round >= 0) measured.get(name)?.push(ns);
    }
  }
  console.log(`${title}, batches of ${rows}, ${process.version}`);
  const [first = Number.NaN] = [...measured.values()].map(median);
  for (const [name, values] of measured) {
    const ns = median(values);
    console.log(`  ${name.padEnd(40)} ${ns.toFixed(0).padStart(6)} ns a row  ${(ns / first).toFixed(1)} x`);
  }
}
