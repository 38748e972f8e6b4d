/**
 * The JetStream sink under the suite for makers of sinks: messages of a stream in each form, read back.
 */
import { tableFromIPC } from 'apache-arrow';
import { beforeAll, describe, it } from 'vitest';
import type { ColumnType, Schema } from '../../../dist/src/index.js';
import { unpack } from '../../../dist/src/packed/unpack.js';
import { type JetStreamOptions, jetstream } from '../../../dist/src/sinks/jetstream/index.js';
import { type ConformanceOptions, conformance, type Row } from '../../../dist/src/testing/index.js';
import { CutProxy } from '../../fixtures/cut-proxy.js';
import { jsonFormOf } from '../../fixtures/json-form.js';
import { NatsServer, noNats } from '../../fixtures/nats-server.js';
import { runConformance } from '../../fixtures/run-conformance.js';

/** Arrow has UTF-8 alone, and its reader takes a byte order mark for none of the text. */
const utf8 = (text: string) => text.toWellFormed().replace(/^\ufeff/, '');

/** From what a message holds to what a batch gives. */
type Reads = { readonly [T in ColumnType]?: (value: never) => unknown };

const ofJson: Reads = {
  float32: Number,
  float64: Number,
  bigint64: (value: string) => BigInt(value),
  bytes: (value: string) => new Uint8Array(Buffer.from(value, 'base64')),
};
const ofArrow: Reads = {
  json: (value: string) => JSON.parse(value),
  bytes: (value: Uint8Array) => new Uint8Array(value),
};

function readBy(reads: Reads, { columns }: Schema, row: Record<string, unknown>): Row {
  return Object.fromEntries(
    Object.entries(columns).map(([name, { type }]) => {
      const value = row[name] ?? null;
      return [name, value === null ? null : (reads[type]?.(value as never) ?? value)];
    }),
  );
}

/** Registers the checks whose names fit: those that do not go the same way in each form. */
function runSome(options: ConformanceOptions, names: RegExp): void {
  const checks = conformance(options).filter(({ name }) => names.test(name));
  if (checks.length === 0) throw new Error(`no check fits ${names}`);
  for (const { name, run } of checks) it(name, run);
}

describe.skipIf(noNats)(`the JetStream sink ${noNats ?? ''}`, () => {
  let server: NatsServer;
  beforeAll(async () => {
    server = await NatsServer.start();
  });

  /** A stream for each schema and form. */
  const streamOf = ({ name }: Schema, form: string) => `${form}-${Buffer.from(name).toString('hex')}`;
  const form = (
    name: string,
    options: Partial<JetStreamOptions>,
    rowsOf: (message: Uint8Array, schema: Schema) => readonly Row[],
    more: Partial<ConformanceOptions> = {},
  ) => {
    const sinkAt = (schema: Schema, port: number) =>
      jetstream({
        url: `nats://127.0.0.1:${port}`,
        stream: streamOf(schema, name),
        subject: `${streamOf(schema, name)}.{schema}.{partition}`,
        ackTimeoutMs: 500,
        ...options,
      });
    const conformance = {
      sink: (schema) => sinkAt(schema, server.port),
      oneSchema: true,
      readBack: async (schema) =>
        (await server.messages(streamOf(schema, name))).flatMap(({ data }) => rowsOf(data, schema)),
      ordered: true,
      breakTarget: async () => {
        await server.stop('SIGKILL');
        return () => server.run();
      },
      ...more,
    } satisfies ConformanceOptions;
    return { sinkAt, conformance };
  };

  const packed = form('packed', {}, (data) => unpack(data).rows() as Row[]);
  describe('with packed messages', () => runConformance(packed.conformance));

  describe('with a JSON message an event, each once by its id', () => {
    const json = form(
      'json',
      { format: 'json', nonFinite: 'text' },
      (data, schema) => [readBy(ofJson, schema, JSON.parse(Buffer.from(data).toString()))],
      { idempotent: 'identity', losses: { any: jsonFormOf } },
    );
    runSome(json.conformance, /^(calls|values|identity)/);
  });

  describe('with Arrow', () => {
    const arrow = form(
      'arrow',
      { format: 'arrow' },
      (data, schema) =>
        tableFromIPC(data)
          .toArray()
          .map((row) => readBy(ofArrow, schema, row.toJSON())),
      {
        losses: {
          timestamp: (ms: number) => Math.round(ms * 1000) / 1000,
          string: utf8,
          label: utf8,
        },
      },
    );
    runSome(arrow.conformance, /^values: (?!any)/);
  });

  describe('behind a network that stalls', () => {
    let proxy: CutProxy;
    const { breakTarget, ...others } = packed.conformance;
    const stalling = {
      ...others,
      sink: async (schema: Schema) => {
        proxy = await CutProxy.to(server.port);
        return packed.sinkAt(schema, proxy.port);
      },
      stallTarget: () => {
        proxy.stall();
        return () => proxy.resume();
      },
    };
    runSome(stalling, /^abort/);
  });
});
