/**
 * What a row costs the flusher to become JSON, MessagePack, line protocol or part of a packed message, from the columns
 * of a batch, beside the usual ways: `JSON.stringify`, `@msgpack/msgpack`, `Point` of InfluxDB's own client. All ways
 * end with bytes.
 */
import { Point } from '@influxdata/influxdb-client';
import { encode } from '@msgpack/msgpack';
import { batchOf, defineSchema, t } from '../../src/index.js';
import { check } from '../../src/options/check.js';
import { pack } from '../../src/packed/pack.js';
import { Batch } from '../../src/schema/read/batch.js';
import { BulkBodies } from '../../src/sinks/elasticsearch/bulk-body.js';
import { elasticsearchRules } from '../../src/sinks/elasticsearch/options.js';
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
type Rows = Batch<typeof Requests>;

/** A form, in both ways. */
interface Encoding {
  readonly title: string;
  readonly usual: string;
  readonly byUsual: (batch: Rows) => Uint8Array;
  readonly byOurs: () => (batch: Rows) => Uint8Array;
}

const form = {
  absent: 'null',
  times: 'ms',
  bigints: 'text',
  nonFinite: 'null',
  identityField: undefined,
} as const;

/** By the name that the command line has for it. */
export const encodings: Readonly<Record<string, Encoding>> = {
  ndjson: {
    title: 'NDJSON',
    usual: 'JSON.stringify a row',
    byUsual: (batch) => textOf(batch, (row) => `${JSON.stringify(batch.row(row))}\n`),
    byOurs: () => rowByRow(jsonRows(Requests, form), 0x0a),
  },
  bulk: {
    title: 'Bulk requests of Elasticsearch',
    usual: 'JSON.stringify a line',
    byUsual: (batch) =>
      textOf(batch, (row) => {
        const action = { create: { _id: batch.identity(row) } };
        return `${JSON.stringify(action)}\n${JSON.stringify(batch.row(row))}\n`;
      }),
    byOurs() {
      const bodies = new BulkBodies(Requests, check(elasticsearchRules, { url: 'http://h', times: 'ms' }));
      return (batch) => bodies.of(batch as unknown as Batch).bytes;
    },
  },
  msgpack: {
    title: 'MessagePack',
    usual: '@msgpack/msgpack',
    byUsual: (batch) => encode(batch.rows()),
    byOurs: () => rowByRow(msgpackRows(Requests, undefined)),
  },
  packed: {
    title: 'Packed messages',
    usual: 'JSON.stringify of all rows',
    byUsual: (batch) => Buffer.from(JSON.stringify(batch.rows())),
    byOurs: () => (batch) => pack(batch as unknown as Batch),
  },
  lines: {
    title: 'Line protocol of InfluxDB',
    usual: '@influxdata/influxdb-client, Point',
    byUsual: (batch) => textOf(batch, (row) => `${pointOf(batch, row).toLineProtocol()}\n`),
    byOurs: () => rowByRow(lineRows(Requests, check(influxRules, { url: 'http://h', database: 'd' }))),
  },
};

function textOf(batch: Rows, lineOf: (row: number) => string): Buffer {
  let text = '';
  for (let row = 0; row < batch.length; row++) text += lineOf(row);
  return Buffer.from(text);
}

function pointOf(batch: Rows, row: number): Point {
  const { at, method, host, status, duration, bytes, path } = batch.row(row);
  return new Point('requests')
    .tag('method', method)
    .tag('host', host)
    .intField('status', status)
    .floatField('duration', duration)
    .intField('bytes', bytes)
    .stringField('path', path)
    .timestamp(`${at}000000`);
}

/** @param behind a byte behind each row; 0: none. */
function rowByRow(encoder: RowEncoder, behind = 0): (batch: Rows) => Uint8Array {
  const into = new WireBuffer(2 ** 28);
  return (batch) => {
    const { write } = encoder.of(batch as unknown as Batch);
    into.clear();
    for (let row = 0; row < batch.length; row++) {
      write(into, row);
      if (behind === 0) continue;
      into.reserve(1);
      into.bytes[into.at++] = behind;
    }
    return into.written.slice();
  };
}

const methods = ['GET', 'POST', 'PUT'];

/** @returns what makes fresh views of the same columns, as each flush has them: no text is decoded yet. */
export function batches(rows: number): () => Rows {
  const { data } = batchOf(
    Requests,
    Array.from({ length: rows }, (_, i) => ({
      ...{ at: 1_700_000_000_000 + i, method: methods[i % 3] as string, host: `web-${i % 20}` },
      ...{ status: i % 50 === 0 ? 500 : 200, duration: (i * 7919) / 1000, bytes: i * 37 },
      path: `/users/${i}/orders?page=${i % 7}`,
    })),
  );
  return () => new Batch(Requests, data);
}
