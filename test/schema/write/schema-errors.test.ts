/**
 * Events, schemas and keys that are wrong: each gives one typed error, and leaves nothing behind.
 */
import fc from 'fast-check';
import { describe, expect, it, onTestFinished } from 'vitest';
import { EventError, type EventFault, SchemaError } from '../../../dist/src/errors.js';
import { batchOf, createBatchFlow } from '../../../dist/src/index.js';
import { type Column, type ColumnType, t } from '../../../dist/src/schema/columns/columns.js';
import { defineSchema, type Schema } from '../../../dist/src/schema/columns/schema.js';
import { columnTypes } from '../../../dist/src/schema/columns/types/table.js';
import { Batch } from '../../../dist/src/schema/read/batch.js';
import { selectRows } from '../../../dist/src/schema/read/batch-select.js';
import { WrittenBlocks } from '../../fixtures/written-blocks.js';

/** The EventError that an event gives; fails when it gives none. */
function faultOf(schema: Schema, event: unknown): EventError {
  const blocks = new WrittenBlocks(schema, { blocks: 1, rowsPerBlock: 4, variableBytes: 4096 });
  try {
    blocks.push(event);
  } catch (error) {
    if (error instanceof EventError) return error;
    throw error;
  }
  throw new Error('the event was accepted');
}

/** A schema of one column of a type, and how to push a single value to it. */
const only = (type: ColumnType, nullable = false) =>
  defineSchema('readings', { value: { type, nullable } as Column });

const integers = (Object.keys(columnTypes) as ColumnType[]).flatMap(
  (type): [ColumnType, readonly [number, number]][] => {
    const spec = columnTypes[type];
    return 'min' in spec ? [[type, [spec.min, spec.max]]] : [];
  },
);
const expectations: Record<ColumnType, RegExp> = {
  bool: /true or false/,
  int8: /an integer from -128 to 127/,
  int16: /an integer from -32768 to 32767/,
  int32: /an integer from -2147483648 to 2147483647/,
  uint8: /an integer from 0 to 255/,
  uint16: /an integer from 0 to 65535/,
  uint32: /an integer from 0 to 4294967295/,
  float32: /a number within single precision/,
  float64: /a number/,
  bigint64: /a bigint from -2\^63 to 2\^63 - 1/,
  timestamp: /a valid Date or milliseconds/,
  label: /a text/,
  string: /a text/,
  bytes: /a Uint8Array/,
  json: /JSON/,
  any: /a structured value/,
};

const probes = {
  'negative zero': -0,
  fraction: 1.5,
  NaN: Number.NaN,
  infinity: Number.POSITIVE_INFINITY,
  text: '5',
  bigint: 5n,
  true: true,
  null: null,
  undefined: undefined,
  object: { a: 1 },
  array: [1],
  date: new Date(5),
  'invalid date': new Date(Number.NaN),
  bytes: new Uint8Array([1]),
  function: () => 1,
  symbol: Symbol('mark'),
  cycle: (() => {
    const value: { self?: unknown } = {};
    value.self = value;
    return value;
  })(),
};
type Probe = keyof typeof probes;

/** How each probe's type is said in messages. */
const saidAs: Partial<Record<Probe, string>> = {
  'negative zero': '-0 (number)',
  fraction: '1.5 (number)',
  NaN: 'NaN (number)',
  infinity: 'Infinity (number)',
  text: '"5" (string)',
  bigint: '5n (bigint)',
  true: 'true (boolean)',
  null: 'null',
  object: 'an object',
  array: 'an array of 1',
  date: 'a Date',
  'invalid date': 'a Date',
  bytes: 'a Uint8Array',
  function: 'a function',
  symbol: 'a symbol',
  cycle: 'an object',
};

/** What the types do with probes that are not simply of a wrong type: `[value]` is what a row then holds. */
type Outcome = EventFault | [unknown];
const integerOutcomes: Partial<Record<Probe, Outcome>> = { 'negative zero': [0] };
const floatOutcomes: Partial<Record<Probe, Outcome>> = {
  'negative zero': [-0],
  fraction: [1.5],
  NaN: [Number.NaN],
  infinity: [Number.POSITIVE_INFINITY],
};
const textOutcomes: Partial<Record<Probe, Outcome>> = { text: ['5'] };
const outcomes: Record<ColumnType, Partial<Record<Probe, Outcome>>> = {
  bool: { true: [true] },
  int8: integerOutcomes,
  int16: integerOutcomes,
  int32: integerOutcomes,
  uint8: integerOutcomes,
  uint16: integerOutcomes,
  uint32: integerOutcomes,
  float32: floatOutcomes,
  float64: floatOutcomes,
  bigint64: { bigint: [5n] },
  timestamp: {
    'negative zero': [-0],
    fraction: [1.5],
    NaN: 'range',
    infinity: 'range',
    date: [5],
    'invalid date': 'range',
  },
  label: textOutcomes,
  string: textOutcomes,
  bytes: { bytes: [probes.bytes] },
  json: {
    'negative zero': [0],
    fraction: [1.5],
    // As JSON has it.
    NaN: [null],
    infinity: [null],
    text: ['5'],
    bigint: 'not_serializable',
    true: [true],
    null: [null],
    object: [{ a: 1 }],
    array: [[1]],
    date: ['1970-01-01T00:00:00.005Z'],
    'invalid date': [null],
    bytes: [{ 0: 1 }],
    cycle: 'not_serializable',
  },
  any: {
    fraction: [1.5],
    NaN: [Number.NaN],
    infinity: [Number.POSITIVE_INFINITY],
    text: ['5'],
    bigint: [5n],
    true: [true],
    null: [null],
    object: [{ a: 1 }],
    array: [[1]],
    date: [probes.date],
    bytes: [probes.bytes],
    function: 'not_serializable',
    symbol: 'not_serializable',
  },
};

/** A row of every kind of column around the one that is wrong, so that half a row would be seen. */
function surrounded(column: Column) {
  const schema = defineSchema('readings', {
    label: t.label(),
    text: t.string(),
    note: t.string().optional(),
    bytes: t.bytes(),
    flag: t.bool().optional(),
    value: column,
    tail: t.string(),
  });
  const row = (n: number) => ({
    label: `label ${n}`,
    text: `tëxt ${n}`,
    note: n % 2 === 0 ? null : `note ${n}`,
    bytes: new Uint8Array([n]),
    flag: n % 3 === 0,
    tail: `tail ${n}`,
  });
  return { schema, row };
}

describe('a value', () => {
  for (const type of Object.keys(t) as ColumnType[]) {
    const cases = (Object.keys(probes) as Probe[])
      .filter((probe) => probe !== 'undefined')
      .flatMap((probe) => {
        const outcome = outcomes[type][probe] ?? 'type';
        // Any takes more of them; its round trips have a test of their own.
        if (type === 'any' && outcome === 'type') return [];
        return [{ probe, value: probes[probe] as unknown, outcome }];
      });

    it.each(cases.filter(({ outcome }) => !Array.isArray(outcome)))(
      `for a ${type} column that is $probe is refused: $outcome`,
      ({ probe, value, outcome }) => {
        const error = faultOf(only(type), { value });
        expect(error).toMatchObject({
          name: 'EventError',
          code: 'ERR_EVENT_INVALID',
          fault: outcome,
          schema: 'readings',
          field: 'value',
        });
        expect(error.message).toMatch(/^readings\.value: /);
        expect(error.message).toContain(`got ${saidAs[probe]}`);
        if (outcome === 'not_serializable') expect(error.cause).toBeInstanceOf(Error);
        else expect(error.message).toMatch(expectations[type]);
      },
    );

    it.each(cases.filter(({ outcome }) => Array.isArray(outcome)))(
      `for a ${type} column that is $probe is taken`,
      ({ value, outcome }) => {
        expect(batchOf(only(type), [{ value } as never]).rows()).toStrictEqual([
          { value: (outcome as [unknown])[0] },
        ]);
      },
    );

    it.each(cases.filter(({ outcome }) => !Array.isArray(outcome)))(
      `for a ${type} column that is $probe leaves nothing half-written`,
      ({ value }) => {
        const good = outcomes[type];
        const fine = (Object.values(good).find(Array.isArray)?.[0] ?? 1) as unknown;
        const { schema, row } = surrounded({ type, nullable: false } as Column);
        const blocks = new WrittenBlocks(schema, { blocks: 2, rowsPerBlock: 4, variableBytes: 2048 });
        for (let n = 0; n < 6; n++) {
          expect(() => blocks.push({ ...row(n + 100), value })).toThrow(EventError);
          blocks.push({ ...row(n), value: fine });
          if (n % 2 === 0) blocks.flush();
        }
        expect(() => blocks.push({ ...row(7), value })).toThrow(EventError);
        blocks.flush();
        const rows = blocks.read().rows();
        expect(rows).toHaveLength(6);
        rows.forEach((read, n) => {
          const { value: _, ...rest } = read;
          expect(rest).toStrictEqual(row(n));
        });
      },
    );

    it.each([undefined, 'no key'])(
      `that is missing for a ${type} column is said to be missing (%s)`,
      (what) => {
        if (type === 'any' && what === undefined) return;
        const error = faultOf(only(type), what === undefined ? { value: undefined } : {});
        expect(error).toMatchObject({ fault: 'missing', code: 'ERR_EVENT_INVALID', field: 'value' });
        expect(error.message).toMatch(/^readings\.value: missing; expected /);
        expect(error.message).toMatch(expectations[type]);
      },
    );

    it.each([{}, { value: undefined }, { value: null }])(
      `that is not there for an optional ${type} column is null (%o)`,
      (event) => {
        expect(batchOf(only(type, true), [event as never]).rows()).toStrictEqual([{ value: null }]);
      },
    );
  }

  it('for an optional column says in its error that nothing is fine, too', () => {
    expect(faultOf(only('uint8', true), { value: 'x' }).message).toMatch(/integer from 0 to 255, or nothing/);
    expect(faultOf(only('string', true), { value: 1 }).message).toMatch(/a text, or nothing/);
  });

  it.each(integers)('for a %s column may be at the limits, and no further', (type, [min, max]) => {
    const schema = only(type);
    expect(batchOf(schema, [{ value: min }, { value: max }] as never[]).rows()).toEqual([
      { value: min },
      { value: max },
    ]);
    for (const value of [min - 1, max + 1, min - 2 ** 32, max + 2 ** 32, 2 ** 53, -(2 ** 53)]) {
      const error = faultOf(schema, { value });
      expect(error).toMatchObject({ fault: 'range', code: 'ERR_EVENT_INVALID', field: 'value' });
      expect(error.message).toContain(`got ${value} (number); expected an integer from ${min} to ${max}`);
    }
  });

  it('for a bigint64 column may be at the limits, and no further', () => {
    const rows = [{ value: -(2n ** 63n) }, { value: 2n ** 63n - 1n }];
    expect(batchOf(only('bigint64'), rows as never[]).rows()).toEqual(rows);
    for (const value of [-(2n ** 63n) - 1n, 2n ** 63n, 2n ** 64n]) {
      expect(faultOf(only('bigint64'), { value })).toMatchObject({ fault: 'range', field: 'value' });
    }
  });

  it('for a float32 column may round, but not to infinity', () => {
    const largest = (2 - 2 ** -23) * 2 ** 127;
    expect(batchOf(only('float32'), [{ value: largest }, { value: 1e-60 }] as never[]).rows()).toEqual([
      { value: largest },
      { value: 0 },
    ]);
    for (const value of [3.5e38, -3.5e38, Number.MAX_VALUE]) {
      expect(faultOf(only('float32'), { value })).toMatchObject({ fault: 'range', field: 'value' });
    }
  });

  it('for a timestamp column may be any time that a Date can hold, and no other', () => {
    for (const value of [8.64e15 + 1, -8.64e15 - 1]) {
      expect(faultOf(only('timestamp'), { value })).toMatchObject({ fault: 'range', field: 'value' });
    }
  });

  it.each([
    [
      'a toJSON that throws',
      {
        toJSON: () => {
          throw new Error('no');
        },
      },
      'not_serializable',
    ],
    ['a toJSON that gives nothing', { toJSON: () => undefined }, 'type'],
  ])('for a json column with %s is refused', (_, value, fault) => {
    expect(faultOf(only('json'), { value })).toMatchObject({ fault, field: 'value' });
  });

  it.each([
    ['a name that is no text', { constructor: { name: { toString: 1, valueOf: 1 } } }],
    ['a huge name', { constructor: { name: 'x'.repeat(100_000) } }],
    [
      'a constructor that throws',
      {
        get constructor() {
          throw new Error('no');
        },
      },
    ],
  ])('whose constructor has %s is named in a short error all the same', (_, value) => {
    const error = faultOf(only('uint8'), { value });
    expect(error).toMatchObject({ fault: 'type', field: 'value' });
    expect(error.message.length).toBeLessThan(300);
  });

  it('that is a long text is cut short in the error', () => {
    expect(faultOf(only('uint8'), { value: 'x'.repeat(10_000) }).message.length).toBeLessThan(200);
  });
});

describe('an event', () => {
  const schema = defineSchema('requests', {
    path: t.string(),
    status: t.uint16(),
    note: t.string().optional(),
  });
  const good = { path: '/', status: 200 };

  it.each([
    [undefined, 'undefined'],
    [null, 'null'],
    [5, '5 (number)'],
    ['text', '"text" (string)'],
    [true, 'true (boolean)'],
    [5n, '5n (bigint)'],
    [() => 1, 'a function'],
  ])('that is no object is refused: %s', (event, said) => {
    const error = faultOf(schema, event);
    expect(error).toMatchObject({
      fault: 'type',
      code: 'ERR_EVENT_INVALID',
      schema: 'requests',
      field: undefined,
    });
    expect(error.message).toBe(`requests: got ${said}; expected an object with the schema's columns`);
  });

  it.each([[[]], [[good]], [['/', 200]]])('that is an array is refused: %j', (event) => {
    expect(faultOf(schema, event)).toMatchObject({ code: 'ERR_EVENT_INVALID' });
  });

  it.each([
    ['beside all others', { ...good, staus: 200 }, 'staus'],
    ['beside an optional one', { ...good, note: 'x', extra: 1 }, 'extra'],
    ['in place of an optional one', { ...good, Note: 'x' }, 'Note'],
    ['beside an optional one that is undefined', { ...good, note: undefined, extra: 1 }, 'extra'],
    ['without a value', { ...good, extra: undefined }, 'extra'],
    ['of a name that every object has', { ...good, toString: 1 }, 'toString'],
    ['of the name __proto__', JSON.parse('{"path": "/", "status": 200, "__proto__": 1}'), '__proto__'],
    ['of an empty name', { ...good, '': 1 }, ''],
  ])('with an unknown column %s is refused', (_, event, field) => {
    const error = faultOf(schema, event);
    expect(error).toMatchObject({ fault: 'unknown', code: 'ERR_EVENT_INVALID', field });
    expect(error.message).toBe(`requests.${field}: unknown column; the schema has path, status, note`);
  });

  it('with an unknown column is refused when a column of any value is missing', () => {
    const loose = defineSchema('loose', { value: t.any() });
    expect(faultOf(loose, { vlaue: 1 })).toBeInstanceOf(EventError);
  });

  it('with an unknown column is refused when another one is a getter of its class', () => {
    class Request {
      path = '/';
      extra = 1;
      get status() {
        return 200;
      }
    }
    expect(faultOf(schema, new Request())).toMatchObject({ fault: 'unknown', field: 'extra' });
  });

  it('may be of a class, with getters', () => {
    class Request {
      readonly #code = 201;
      path = '/class';
      get status() {
        return this.#code;
      }
    }
    expect(batchOf(schema, [new Request()]).rows()).toEqual([{ path: '/class', status: 201, note: null }]);
  });

  it('may have its columns from its prototype, and no prototype', () => {
    const events = [
      Object.create(good),
      Object.create({ status: 204, other: 1 }, { path: { value: '/own', enumerable: true } }),
      Object.assign(Object.create(null), { path: '/bare', status: 205 }),
    ];
    expect(batchOf(schema, events).rows()).toEqual([
      { path: '/', status: 200, note: null },
      { path: '/own', status: 204, note: null },
      { path: '/bare', status: 205, note: null },
    ]);
  });

  it.each(['toString', 'constructor', 'hasOwnProperty', '__proto__', 'valueOf'])(
    'does not have column "%s" because every object seems to',
    (name) => {
      const columns = (column: Column) => Object.fromEntries([[name, column]]);
      expect(faultOf(defineSchema('odd', columns(t.string())), {})).toMatchObject({
        fault: 'missing',
        field: name,
      });
      const optional = batchOf(defineSchema('odd', columns(t.any().optional())), [{}]);
      expect(optional.row(0)).toEqual(Object.fromEntries([[name, null]]));
    },
  );

  it.each([
    ['an unknown column', (row: object) => ({ ...row, value: 1, extra: 1 })],
    ['a missing last column', ({ tail, ...row }: { tail: string }) => ({ ...row, value: 1 })],
    ['a throwing getter', (row: object) => Object.defineProperty({ ...row }, 'value', throwing)],
    ['a value that does not fit', (row: object) => ({ ...row, value: 256 })],
  ])('with %s leaves nothing half-written', (_, spoil) => {
    const { schema, row } = surrounded(t.uint8());
    const blocks = new WrittenBlocks(schema, { blocks: 2, rowsPerBlock: 4, variableBytes: 2048 });
    for (let n = 0; n < 6; n++) {
      expect(() => blocks.push(spoil(row(n + 100)))).toThrow();
      blocks.push({ ...row(n), value: n });
      if (n % 2 === 0) blocks.flush();
    }
    expect(() => blocks.push(spoil(row(106)))).toThrow();
    blocks.flush();
    const rows = blocks.read().rows();
    expect(rows).toEqual(Array.from({ length: 6 }, (_, n) => ({ ...row(n), value: n })));
  });

  it('that pushes another one while it is read spoils neither', async () => {
    const events = defineSchema('events', { n: t.uint8(), data: t.json(), text: t.string() });
    const rows: unknown[] = [];
    const flow = await createBatchFlow({
      schema: events,
      onBatch: (batch) => void rows.push(...batch.rows()),
    });
    onTestFinished(async () => void (await flow.destroy()));
    const inner = { n: 1, data: 'inner', text: 'pushed by toJSON' };
    let accepted = false;
    const data = {
      toJSON() {
        try {
          accepted = flow.push(inner);
        } catch {
          // To refuse it is fine, too.
        }
        return 'outer';
      },
    };
    flow.push({ n: 2, data: data as never, text: 'pushed first' });
    await flow.flush();
    const outer = { n: 2, data: 'outer', text: 'pushed first' };
    expect(rows).toEqual(accepted ? [inner, outer] : [outer]);
    expect(flow.stats()).toMatchObject({ accepted: rows.length, committed: rows.length });
  });
});

const throwing: PropertyDescriptor = {
  enumerable: true,
  get() {
    throw new RangeError('from the getter');
  },
};

describe('an event too large for a block', () => {
  const bytes = (length: number) => new Uint8Array(length).fill(7);
  const columns = {
    text: t.string().optional(),
    more: t.json().optional(),
    blob: t.bytes().optional(),
    label: t.label().optional(),
  };
  const long = 'l'.repeat(257);
  // With 1024 bytes. A text takes its UTF-8; a blob its bytes, padded to 4, and 4 for its length;
  // a label too long for the dictionary is a blob of 2 bytes a unit.
  const cases: [string, Record<string, unknown>, Record<string, unknown>][] = [
    ['ASCII', { text: 'x'.repeat(1024) }, { text: 'x'.repeat(1025) }],
    ['2-byte characters', { text: 'é'.repeat(512) }, { text: `${'é'.repeat(512)}x` }],
    ['3-byte characters', { text: `${'€'.repeat(341)}x` }, { text: `${'€'.repeat(341)}xx` }],
    ['4-byte characters', { text: '😀'.repeat(256) }, { text: `${'😀'.repeat(256)}x` }],
    ['lone surrogates', { text: `${'\ud83d'.repeat(341)}x` }, { text: `${'\ud83d'.repeat(341)}xx` }],
    [
      'halves in two columns',
      { text: `${'x'.repeat(1015)}\ud83d`, more: 'y'.repeat(4) },
      { text: `${'x'.repeat(1015)}\ud83d`, more: 'y'.repeat(5) },
    ],
    ['json', { more: 'x'.repeat(1022) }, { more: 'x'.repeat(1023) }],
    [
      'two texts',
      { text: 'x'.repeat(512), more: 'y'.repeat(510) },
      { text: 'x'.repeat(512), more: 'y'.repeat(511) },
    ],
    ['bytes', { blob: bytes(1020) }, { blob: bytes(1021) }],
    [
      'text and bytes',
      { text: 'x'.repeat(516), blob: bytes(504) },
      { text: 'x'.repeat(517), blob: bytes(504) },
    ],
    [
      'padded bytes',
      { text: 'x'.repeat(516), blob: bytes(501) },
      { text: 'x'.repeat(516), blob: bytes(505) },
    ],
    ['a long label', { text: 'x'.repeat(504), label: long }, { text: 'x'.repeat(505), label: long }],
  ];

  it.each(cases)('is one byte more than what fits: %s', (_, fits, tooLarge) => {
    const schema = defineSchema('large', columns);
    const blocks = new WrittenBlocks(schema, { blocks: 3, rowsPerBlock: 4, variableBytes: 1024 });
    const refused = expect.objectContaining({ fault: 'too_large', code: 'ERR_EVENT_TOO_LARGE' });
    expect(() => blocks.push(tooLarge)).toThrow(refused);
    blocks.push(fits);
    blocks.push({});
    // Behind a row that fills the block: too large for any stays too large, what fits takes the next block.
    expect(() => blocks.push(tooLarge)).toThrow(refused);
    blocks.push(fits);
    blocks.flush();
    const full = { text: null, more: null, blob: null, label: null, ...fits };
    expect(blocks.read().rows()).toEqual([full, { text: null, more: null, blob: null, label: null }, full]);
    expect(blocks.parts.map(({ to }) => to)).toEqual([2, 1]);
  });

  it('gives one EventError in a flow, and the events around it arrive', async () => {
    const schema = defineSchema('large', { n: t.uint32(), text: t.string() });
    const rows: unknown[] = [];
    const flow = await createBatchFlow({
      schema,
      onBatch: (batch) => void rows.push(...batch.rows()),
      flushSize: 4,
      bufferSize: 64,
      blockTextBytes: 1024,
    });
    onTestFinished(async () => void (await flow.destroy()));
    const texts = ['a', 'x'.repeat(1024), 'b'];
    expect(flow.push({ n: 0, text: texts[0] as string })).toBe(true);
    const push = () => flow.push({ n: 9, text: 'x'.repeat(1025) });
    expect(push).toThrow(EventError);
    expect(push).toThrow(expect.objectContaining({ fault: 'too_large', code: 'ERR_EVENT_TOO_LARGE' }));
    expect(push).toThrow(/^large: .*take 1025 bytes; at most 1024 fit; raise blockTextBytes$/);
    expect(flow.push({ n: 1, text: texts[1] as string })).toBe(true);
    expect(push).toThrow(EventError);
    expect(flow.push({ n: 2, text: texts[2] as string })).toBe(true);
    await flow.flush();
    expect(rows).toEqual(texts.map((text, n) => ({ n, text })));
    expect(flow.stats()).toMatchObject({ accepted: 3, rejected: 0, committed: 3 });
  });
});

describe('a schema', () => {
  const maxColumns = 512;
  const maxNameLength = 128;

  it.each([
    ['a name that is no text', () => defineSchema(5 as never, { a: t.bool() }), /name must be a text/],
    ['an empty name', () => defineSchema('', { a: t.bool() }), /1 to 128 characters/],
    ['a name too long', () => defineSchema('x'.repeat(maxNameLength + 1), { a: t.bool() }), /1 to 128/],
    ['no columns', () => defineSchema('empty', {}), /"empty" has no columns/],
    ['undefined for columns', () => defineSchema('empty', undefined as never), /has no columns/],
    ['null for columns', () => defineSchema('empty', null as never), /has no columns/],
    [
      'a column of an empty name',
      () => defineSchema('odd', { '': t.bool() }),
      /column's name in schema "odd"/,
    ],
    ['a column of a long name', () => defineSchema('odd', { ['x'.repeat(129)]: t.bool() }), /1 to 128/],
    [
      'an unknown type',
      () => defineSchema('odd', { a: { type: 'text', nullable: false } as never }),
      /column "a" of schema "odd"/,
    ],
    ['a type that every object has', () => defineSchema('odd', { a: { type: 'toString' } as never }), /"a"/],
    ['a type without its call', () => defineSchema('odd', { a: t.string as never }), /use t\.string\(\)/],
    ['nothing for a column', () => defineSchema('odd', { a: undefined as never }), /column "a"/],
    ['null for a column', () => defineSchema('odd', { a: null as never }), /column "a"/],
  ])('with %s is refused', (_, make, message) => {
    expect(make).toThrow(SchemaError);
    expect(make).toThrow(expect.objectContaining({ code: 'ERR_SCHEMA' }));
    expect(make).toThrow(message);
  });

  it('may have as many columns as is allowed, and no more', () => {
    const columns = (count: number) =>
      Object.fromEntries(Array.from({ length: count }, (_, i) => [`c${i}`, t.uint8()]));
    const widest = defineSchema('wide', columns(maxColumns));
    const row = Object.fromEntries(Object.keys(widest.columns).map((key, i) => [key, i % 256]));
    expect(batchOf(widest, [row]).rows()).toEqual([row]);
    expect(() => defineSchema('wide', columns(maxColumns + 1))).toThrow(SchemaError);
  });

  it('may have names as long as is allowed', () => {
    const name = 'x'.repeat(maxNameLength);
    expect(defineSchema(name, { [name]: t.bool() }).name).toBe(name);
  });

  it('is plain data that can be posted, whatever its columns are called', () => {
    const schema = defineSchema('posted', { ['__proto__']: t.string(), a: t.uint8().optional() });
    const posted = structuredClone(schema);
    const event = { ['__proto__']: 'x', a: 1 };
    expect(Object.keys(posted.columns)).toEqual(['__proto__', 'a']);
    expect(Object.getOwnPropertyNames(batchOf(posted, [event]).row(0))).toEqual(['__proto__', 'a']);
  });
});

describe('selectRows', () => {
  const schema = defineSchema('everything', {
    n: t.int32(),
    big: t.bigint64().optional(),
    flag: t.bool().optional(),
    label: t.label().optional(),
    text: t.string().optional(),
    bytes: t.bytes().optional(),
    json: t.json().optional(),
    any: t.any().optional(),
  });
  const rows = Array.from({ length: 20 }, (_, n) => {
    const value = <V>(k: number, v: V) => (n % k === 0 ? null : v);
    return {
      n,
      big: value(2, BigInt(n)),
      flag: value(3, n % 2 === 0),
      label: value(4, `label ${n % 3}`),
      text: value(5, `tëxt ${n}`),
      bytes: value(6, new Uint8Array([n, n])),
      json: value(7, { n }),
      any: value(8, new Map([[n, n]])),
    };
  });

  it('gives the chosen rows in the order wanted, in arrays of their own', () => {
    const batch = batchOf(schema, rows as never[]);
    fc.assert(
      fc.property(fc.array(fc.nat(19), { maxLength: 30 }), (chosen) => {
        const selected = new Batch(schema, selectRows(batch.data, chosen));
        expect(selected.rows()).toEqual(chosen.map((i) => rows[i]));
        expect(selected.columns.n).toHaveLength(chosen.length);
        expect(selected.columns.text.offsets).toHaveLength(chosen.length + 1);
        selected.columns.n.fill(-1);
      }),
    );
    expect(batch.rows()).toEqual(rows);
  });
});
