/**
 * Points in Debian's InfluxDB 1.6: every column type and hostile text comes back, and what cannot be a point is named.
 */

import fc from 'fast-check';
import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { batchOf, defineSchema, type Schema, t } from '../../../dist/src/index.js';
import { type InfluxOptions, influx } from '../../../dist/src/sinks/influx/index.js';
import { isBadKey } from '../../../dist/src/sinks/influx/key-text.js';
import { directSink } from '../../fixtures/direct-sink.js';
import { errorOf } from '../../fixtures/error-of.js';
import { hostile } from '../../fixtures/hostile-text.js';
import { InfluxServer, noInflux } from '../../fixtures/influx-server.js';

const at = Date.UTC(2025, 0, 31, 12);

describe.skipIf(noInflux)(`points of InfluxDB ${noInflux ?? ''}`, () => {
  let server: InfluxServer;
  beforeAll(async () => {
    server = await InfluxServer.start();
  });
  beforeEach(async () => {
    await server.query('DROP DATABASE test');
    await server.query('CREATE DATABASE test');
  });
  const open = <S extends Schema>(schema: S, options: Partial<InfluxOptions> = {}) =>
    directSink(influx({ url: server.url, database: 'test', ...options }), schema);

  it('have every column type, and none for what has no value', async () => {
    const All = defineSchema('all', {
      at: t.timestamp(),
      label: t.label(),
      none: t.label().optional(),
      bool: t.bool(),
      int8: t.int8(),
      uint32: t.uint32(),
      big: t.bigint64(),
      float: t.float64().optional(),
      single: t.float32(),
      later: t.timestamp(),
      text: t.string(),
      bytes: t.bytes(),
      json: t.json(),
      any: t.any(),
    });
    const sink = await open(All);
    const row = {
      ...{ at: at + 0.5, label: 'web', none: null, bool: true, int8: -5, uint32: 4_294_967_295 },
      ...{
        big: -(2n ** 63n),
        float: 1.5,
        single: 0.1,
        later: at,
        text: 'a "b"\n\\c',
        bytes: Buffer.from('x'),
      },
      ...{ json: { a: [1] }, any: { b: 1n } },
    };
    expect(
      await sink.write([row, { ...row, at: -1.5, none: 'x', float: null, bool: false }]),
    ).toBeUndefined();
    const [before, after] = await server.points('all');
    expect(after).toEqual({
      ...{
        time: '1738324800000500000',
        label: 'web',
        none: null,
        bool: true,
        int8: -5,
        uint32: 4_294_967_295,
      },
      ...{ big: '-9223372036854775808', float: 1.5, single: Math.fround(0.1), later: '1738324800000000000' },
      ...{ text: 'a "b"\n\\c', bytes: 'eA==', json: '{"a":[1]}', any: '{"b":"1"}' },
    });
    expect(before).toMatchObject({ time: -1_500_000, none: 'x', float: null, bool: false });
  });

  it.each([
    ['ns', 0.25, '1738324800000250000'],
    ['us', 0.25, '1738324800000250000'],
    ['ms', 7.25, '1738324800007000000'],
    ['s', 1999, '1738324801000000000'],
  ] as const)('have times in %s', async (precision, more, expected) => {
    const Times = defineSchema('times', { at: t.timestamp(), value: t.int32() });
    const sink = await open(Times, { precision });
    await sink.write([{ at: at + more, value: 1 }]);
    expect(await server.points('times')).toEqual([{ time: expected, value: 1 }]);
  });

  it('have every text that can be said, as tag and as field', async () => {
    const Texts = defineSchema('texts', {
      at: t.timestamp(),
      tag: t.label(),
      other: t.string(),
      text: t.string(),
    });
    const sink = await open(Texts, { tags: ['tag', 'other'] });
    const character = fc.constantFrom(
      '\\',
      ',',
      '=',
      ' ',
      '"',
      'a',
      'ü',
      '\t',
      '#',
      '\0',
      "'",
      '\r',
      '\n',
      '\ud800',
      '😀',
    );
    const text = fc.string({ unit: character, maxLength: 5 });
    let next = at;
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.record({ tag: text, other: text, text }), { minLength: 1, maxLength: 30 }),
        async (rows) => {
          const begin = next;
          const events = rows.map((row) => ({ at: next++, ...row }));
          expect(await sink.write(events)).toBeUndefined();
          const [series] = await server.query(
            `SELECT "tag", "other", "text" FROM texts WHERE time >= ${begin}000000 AND time < ${next}000000`,
          );
          const stored = series?.values.map(([, ...values]) => values);
          const tag = (value: string) =>
            value === '' ? null : value.toWellFormed().replace(/\\(?=[\\,= ]|$)|[\n\r]/g, '\ufffd');
          expect(stored).toEqual(rows.map((row) => [tag(row.tag), tag(row.other), row.text.toWellFormed()]));
          for (const row of rows) if (!isBadKey(row.tag)) expect(tag(row.tag)).toBe(row.tag || null);
        },
      ),
      { numRuns: 60 },
    );
  });

  it('refuse tags that cannot be said, where the options say so', async () => {
    const Texts = defineSchema('texts', { tag: t.label(), other: t.string().optional(), value: t.int32() });
    const sink = await open(Texts, { tags: ['tag', 'other'], badText: 'refuse' });
    const result = await sink.write([
      ...[
        { tag: 'a', value: 1 },
        { tag: 'a\\', value: 2 },
        { tag: 'b', other: hostile, value: 3 },
      ],
      ...[
        { tag: '\udc00', value: 4 },
        { tag: 'a\\b', value: 5 },
      ],
    ]);
    expect(result?.failed.map(({ index }) => index).sort()).toEqual([1, 2, 3]);
    expect(result?.failed[0]?.error).toMatchObject({ verdict: 'fatal', reason: 'value' });
    expect((await server.points('texts')).map(({ value }) => value).sort()).toEqual([1, 5]);
  });

  it.each(['a b', 'a,b=c', 'a"b', 'ü', "it's", '-', 'a\\b'])('have the name %j', async (name) => {
    const schema = defineSchema(name, { at: t.timestamp(), [`t${name}`]: t.label(), [name]: t.int32() });
    const sink = await open(schema);
    await sink.write([{ at, [`t${name}`]: 'v', [name]: 1 }] as never);
    const [series] = await server.query('SELECT * FROM /.*/');
    expect([series?.name, ...(series?.columns ?? [])].sort()).toEqual(
      [name, name, 'time', `t${name}`].sort(),
    );
  });

  it.each([
    [{ time: t.int32() }, {}, /name "time"/],
    [{ 'a\n': t.int32() }, {}, /cannot say the name/],
    [{ 'a\\': t.int32() }, {}, /cannot say the name/],
    [{ a: t.label() }, {}, /needs a field/],
    [{ a: t.int32() }, { tags: ['b'] }, /tag "b"/],
    [{ a: t.int32() }, { timeColumn: 'a' }, /timeColumn "a"/],
    [{ a: t.int32() }, { sameInstant: { tag: 'row\n' } }, /cannot say the name "row\\n"/],
  ])('of a schema that cannot become points fail at the start: %j', async (columns, options, message) => {
    const error = await errorOf(
      open(defineSchema('bad', columns as never), options as Partial<InfluxOptions>),
    );
    expect(error?.message).toMatch(message);
  });

  it('refuse rows that cannot be points, each alone', async () => {
    const Values = defineSchema('values', { at: t.timestamp().optional(), value: t.float64().optional() });
    const sink = await open(Values);
    const result = await sink.write([
      ...[{ at, value: 1 }, { at, value: Number.NaN }, { at: 8.64e15, value: 1 }, { at }, { value: 2 }],
      { at: at + 1, value: Number.POSITIVE_INFINITY },
    ]);
    expect(result?.failed.map(({ index }) => index).sort()).toEqual([1, 2, 3, 5]);
    expect((await server.points('values')).map(({ value }) => value)).toEqual([1, 2]);
    const lenient = await open(Values, { nonFinite: 'omit', measurement: { values: 'omitted' } });
    const omitted = await lenient.write([
      { at, value: Number.NaN },
      { at, value: 5 },
    ]);
    expect(omitted?.failed.map(({ index }) => index)).toEqual([0]);
    expect((await server.points('omitted')).map(({ value }) => value)).toEqual([5]);
  });

  it('of one series and instant are one, unless the options tell them apart', async () => {
    const Hits = defineSchema('hits', { at: t.timestamp(), host: t.label(), value: t.int32() });
    const batch = batchOf(
      Hits,
      [1, 2, 3].map((value) => ({ at, host: 'a', value })),
    );
    const values = async (measurement: string) =>
      (await server.points(measurement)).map(({ value }) => value);
    for (const [measurement, sameInstant, expected] of [
      ['overwritten', 'overwrite', [3]],
      ['shifted', 'shift', [1, 2, 3]],
      ['tagged', { tag: 'row' }, [1, 2, 3]],
    ] as const) {
      const sink = await open(Hits, { measurement, sameInstant });
      await sink.deliver(batch);
      // Again, as after an answer that was lost: the same points.
      await sink.deliver(batch);
      expect((await values(measurement)).sort()).toEqual(expected);
    }
    const times = (await server.points('shifted')).map(({ time }) =>
      Number(BigInt(String(time)) / 1_000_000n),
    );
    expect(new Set(times)).toEqual(new Set([at]));
  });

  it('that the server takes in part: the batch is fatal, and is told from a database that is not there', async () => {
    const Mixed = defineSchema('mixed', { at: t.timestamp(), value: t.float64() });
    await server.query('DROP MEASUREMENT mixed').catch(() => {});
    await fetch(`${server.url}/write?db=test`, { method: 'POST', body: `mixed value="text" ${at}000000` });
    const error = await errorOf((await open(Mixed)).write([{ at, value: 1 }]));
    expect(error).toMatchObject({ status: 400, verdict: 'fatal', reason: 'value', split: false });
    expect(error?.message).toContain('partial write: field type conflict');
    const nowhere = await errorOf((await open(Mixed, { database: 'nowhere' })).write([{ at, value: 1 }]));
    expect(nowhere).toMatchObject({ status: 404, verdict: 'retry', reason: 'syntax' });
  });
});
