/**
 * The HTTP sink under the suite for makers of sinks, in each of its forms: a receiver decodes what it is sent.
 */
import { afterAll, beforeAll, describe } from 'vitest';
import type { ColumnType, Schema } from '../../../dist/src/index.js';
import { type HttpSinkOptions, http } from '../../../dist/src/sinks/http/index.js';
import type { ConformanceOptions, Row } from '../../../dist/src/testing/index.js';
import { jsonFormOf } from '../../fixtures/json-form.js';
import { PackedTime } from '../../fixtures/msgpack-reader.js';
import { RowReceiver } from '../../fixtures/row-receiver.js';
import { runConformance } from '../../fixtures/run-conformance.js';

let receiver: RowReceiver;
beforeAll(async () => {
  receiver = await RowReceiver.start();
});
afterAll(() => receiver.stop());

type Reads = { readonly [T in ColumnType]?: (value: never) => unknown };

/** Texts stand for numbers that JSON lacks. */
const finite = Number as (value: never) => number;
const ofJson: Reads = {
  float32: finite,
  float64: finite,
  bigint64: (value: string) => BigInt(value),
  bytes: (value: string) => new Uint8Array(Buffer.from(value, 'base64')),
};
const ofMsgpack: Reads = {
  timestamp: (value: PackedTime) => value.ms,
  any: withDates,
};

/** A row comes once by its identity, which the receiver keeps it by. */
function optionsOf(
  options: Partial<HttpSinkOptions>,
  reads: Reads,
  losses: NonNullable<ConformanceOptions['losses']>,
) {
  return {
    sink: ({ name }) => http({ url: `${receiver.url}/${name}`, identityField: '_id', ...options }),
    oneSchema: true,
    idempotent: 'identity',
    ordered: true,
    readBack: ({ name: table, columns }: Schema) =>
      receiver.rows(table).map((row) =>
        Object.fromEntries(
          Object.entries(columns).map(([name, { type }]) => {
            const value = row[name] ?? null;
            return [name, value === null ? null : (reads[type]?.(value as never) ?? value)];
          }),
        ),
      ),
    losses,
    breakTarget: async () => {
      await receiver.stop();
      return () => receiver.run();
    },
    stallTarget: () => {
      receiver.stalled = true;
      return () => {
        receiver.stalled = false;
      };
    },
    limitTarget: () => {
      receiver.mostBytes = 20_000;
      return () => {
        receiver.mostBytes = Number.POSITIVE_INFINITY;
      };
    },
    badRow: (_, row) => {
      receiver.refuses = ({ text }) => text === 'bad';
      return { ...row, text: 'bad' } as Row;
    },
  } satisfies ConformanceOptions;
}

const jsonLosses = { any: jsonFormOf };
const text = (value: string) => value.toWellFormed();

describe.each<[string, ConformanceOptions]>([
  ['JSON', optionsOf({ nonFinite: 'text' }, ofJson, jsonLosses)],
  [
    'JSON, times as texts, members left out, zipped',
    optionsOf(
      { nonFinite: 'text', times: 'iso', absent: 'omit', compression: 'gzip' },
      { ...ofJson, timestamp: (value: string) => Date.parse(value) },
      // Dates of JavaScript have whole milliseconds.
      { ...jsonLosses, timestamp: Math.floor },
    ),
  ],
  ['NDJSON', optionsOf({ encode: 'ndjson', nonFinite: 'text' }, ofJson, jsonLosses)],
  [
    'MessagePack',
    optionsOf({ encode: 'msgpack' }, ofMsgpack, {
      ...{ string: text, label: text, json: packedFormOf, any: packedFormOf },
    }),
  ],
])('the HTTP sink with %s', (_, options) => {
  runConformance(options);
});

/** MessagePack has UTF-8 alone, and neither Maps nor Sets of its own. */
function packedFormOf(value: unknown): unknown {
  if (typeof value === 'string') return text(value);
  if (value instanceof Map) return packedFormOf(Object.fromEntries(value));
  if (Array.isArray(value) || value instanceof Set)
    return [...value].map((each) => packedFormOf(each) ?? null);
  if (typeof value !== 'object' || value === null || value instanceof Date || value instanceof Uint8Array)
    return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, each]) => [text(name), packedFormOf(each) ?? null]),
  );
}

function withDates(value: unknown): unknown {
  return value instanceof PackedTime ? new Date(value.ms) : value;
}
