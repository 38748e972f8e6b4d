/**
 * Any values come back as `structuredClone` copies them, or are refused; none is changed.
 */
import { spawnSync } from 'node:child_process';
import { runInNewContext } from 'node:vm';
import fc from 'fast-check';
import { describe, expect, it, onTestFinished } from 'vitest';
import { createBatchFlow, EventError } from '../../../dist/src/index.js';
import { batchOf } from '../../../dist/src/schema/batch-of.js';
import { unpackAny } from '../../../dist/src/schema/codec/any-codec.js';
import { plainMark } from '../../../dist/src/schema/codec/plain-record.js';
import { anySchema } from '../../../dist/src/schema/columns/schema.js';
import { rowOfText, rowText } from '../../../dist/src/schema/read/row-text.js';
import { hostileTexts } from '../../fixtures/any-rows.js';
import { assertSameClone } from '../../fixtures/same-clone.js';

const Events = anySchema('events');

const back = (value: unknown) => batchOf(Events, [value]).row(0);

function args(..._: unknown[]): object {
  // biome-ignore lint/complexity/noArguments: they are what is tested.
  return arguments;
}

/** The value as a batch, a target and a dead letter give it. */
function ways(value: unknown): unknown[] {
  const batch = batchOf(Events, [{ before: 1 }, value]);
  const [column] = Object.values(batch.columns) as unknown as [{ encoded(i: number): Uint8Array }];
  return [batch.row(1), unpackAny(column.encoded(1)), rowOfText(Events, rowText(batch, 1))];
}

function isPlain(value: unknown): boolean {
  const { data } = batchOf(Events, [value]);
  return data.blob[data.fields[0]?.starts?.[0] as number] === plainMark;
}

const text = fc.oneof(fc.constantFrom(...hostileTexts), fc.string({ unit: 'binary' }), fc.string());
const leaf = fc.oneof(
  text,
  fc.integer(),
  fc.double(),
  fc.bigInt(),
  fc.bigInt({ min: -(2n ** 300n), max: 2n ** 300n }),
  fc.date({ noInvalidDate: false }),
  fc.constantFrom(null, undefined, true, false, -0, Number.NaN, Infinity, -Infinity, 2 ** 53 + 2, 2 ** 31),
  fc.constantFrom(8.64e15, -8.64e15).map((time) => new Date(time)),
);
const key = fc.oneof(
  fc.constantFrom('', '__proto__', 'constructor', 'toJSON', 'length', '0', '7', 'a', 'b'),
  text,
);
const views = fc
  .tuple(fc.uint8Array({ minLength: 16, maxLength: 16 }), fc.nat({ max: 8 }), fc.nat({ max: 8 }))
  .map(([bytes, offset, length]) => new Uint8Array(bytes.buffer, offset, length));

/** Trees of everything; some objects in them stand at two places, or within themselves. */
const { tree } = fc.letrec((tie) => {
  const members = fc.array(tie('tree'), { maxLength: 5 });
  const entries = fc.array(fc.tuple(key, tie('tree')), { maxLength: 5 });
  return {
    tree: fc.oneof(
      { maxDepth: 5, depthSize: 'small' },
      { arbitrary: leaf, weight: 3 },
      { arbitrary: entries.map((list) => Object.fromEntries(list)), weight: 3 },
      { arbitrary: members, weight: 2 },
      entries.map((list) => Object.assign(Object.create(null), Object.fromEntries(list))),
      entries.map((list) => new Map(list)),
      fc.array(fc.tuple(tie('tree'), tie('tree')), { maxLength: 3 }).map((list) => new Map(list)),
      members.map((list) => new Set(list)),
      fc.array(fc.oneof(fc.integer(), fc.double()), { maxLength: 20 }),
      fc.sparseArray(tie('tree'), { maxLength: 8 }),
      members.map((list) => Object.assign(list, { named: 1 })),
      members.map((list) => ({ twice: [list, list] })),
      members.map((list) => {
        list.push(list);
        return list;
      }),
      text.map((message) => new RangeError(message)),
      views,
      views.map((bytes) => [
        bytes,
        new DataView(bytes.buffer, 3),
        new Float32Array(bytes.buffer, 4, 1),
        bytes.buffer,
      ]),
      fc.uint8Array().map((bytes) => ({ bytes })),
      fc.constantFrom(/a/giu, /\u2028/, Object(5n), Object('é'), Object(-0), Object(true)),
    ),
  };
});

describe('an any value', () => {
  it('is what structuredClone makes of it, whatever it is', () => {
    fc.assert(
      fc.property(fc.array(tree, { minLength: 1, maxLength: 4 }), (values) => {
        const rows = batchOf(Events, values).rows();
        values.forEach((value, i) => void assertSameClone(rows[i], structuredClone(value)));
      }),
      { numRuns: 1000 },
    );
  });

  it('is that to targets and as a dead letter, too', () => {
    fc.assert(
      fc.property(tree, (value) => {
        for (const got of ways(value)) assertSameClone(got, structuredClone(value));
      }),
      { numRuns: 300 },
    );
  });

  class Point {
    x = 1;
    #hidden = 2;
    get sum() {
      return this.x + this.#hidden;
    }
  }
  class Deep extends Point {
    inner = { y: -0 };
  }
  function Old(this: { own: number }) {
    this.own = 1;
  }
  Old.prototype.inherited = 5;
  const shared = [1];
  const resizable = new (ArrayBuffer as unknown as new (n: number, o: object) => ArrayBuffer)(8, {
    maxByteLength: 32,
  });

  it.each<[string, unknown]>([
    [
      'a key longer than a shape takes, beside a lone surrogate',
      { [`\ud800${'k'.repeat(5000)}`]: '\udfff x' },
    ],
    ['an instance of a class', new Point()],
    ['an instance of a class of a class', { it: new Deep() }],
    ['an instance that inherits a value', new (Old as unknown as new () => object)()],
    ['a subclass of Map', new (class extends Map<number, number> {})([[1, 2]])],
    ['a subclass of Array', new (class extends Array<number> {})(3)],
    ['a subclass of Error', new (class Mine extends TypeError {})('wrong', { cause: { a: 1 } })],
    ['an error within its own cause', Object.assign(new Error('x'), { code: 5 })],
    ['the same array twice', { a: shared, b: [shared] }],
    ['the same Date twice', ((at) => [at, at])(new Date(5))],
    ['two arrays of the same memory', ((a) => [a, new Uint8Array(a.buffer)])(new Uint8Array([1, 2]))],
    ['a resizable buffer and a view that grows with it', [resizable, new Uint8Array(resizable)]],
    ['a huge array with one member', Object.assign([], { 4294967294: 1 })],
    ['an object of another realm', runInNewContext('({ a: [1, {}], b: new Date(5), c: {} })')],
    [
      'a getter',
      {
        get a() {
          return { b: 1 };
        },
      },
    ],
    [
      '33 keys in an object in an object',
      { a: Object.fromEntries(Array.from({ length: 33 }, (_, i) => [`k${i}`, i])) },
    ],
    ['a RegExp in use', Object.assign(/a/g, { lastIndex: 3 })],
  ])('keeps %s', (_, value) => {
    for (const got of ways(value)) assertSameClone(got, structuredClone(value));
  });

  it('gives the bytes of a Buffer, without what lies around it', () => {
    const wanted = new Uint8Array([1, 2, 3]);
    for (const value of [Buffer.from(wanted), { a: Buffer.from(wanted) }, [Buffer.from(wanted), /with V8/]]) {
      const read = [back(value)].flat(1)[0] as Uint8Array | { a: Uint8Array };
      const bytes = read instanceof Uint8Array ? read : read.a;
      assertSameClone(bytes.slice(), wanted);
      expect(bytes.buffer.byteLength).toBeLessThan(200);
    }
  });

  const { proxy, revoke } = Proxy.revocable({}, {});
  revoke();
  const memory = new SharedArrayBuffer(8);

  it.each<[string, unknown]>([
    ['a function', () => 1],
    ['a symbol', Symbol('s')],
    ['a promise', Promise.resolve(1)],
    ['a WeakMap', new WeakMap()],
    ['a WeakRef', new WeakRef({})],
    ['a generator', (function* () {})()],
    ['shared memory', memory],
    ['a view of shared memory', new Uint8Array(memory)],
    ['a Buffer of shared memory', Buffer.from(memory)],
    ['a boxed symbol', Object(Symbol('s'))],
    ['a proxy of an array', new Proxy([1], {})],
    ['a proxy of an instance', new Proxy(new Point(), {})],
    ['a proxy of an object with another in it', new Proxy({ a: { b: 1 } }, {})],
    ['a revoked proxy', proxy],
    ['a URL', new URL('http://h/')],
    ['Headers', new Headers({ a: 'b' })],
    ['a Blob', new Blob(['x'])],
    ['an Event', new Event('x')],
    ['a DOMException', new DOMException('x')],
    ['an AbortSignal', AbortSignal.abort()],
    [
      'an instance that hides all it has',
      new (class {
        #x = 1;
        get x() {
          return this.#x;
        }
      })(),
    ],
    [
      'a getter that throws',
      {
        get a() {
          throw new Error('unreadable');
        },
      },
    ],
    ['1002 objects in one another', Array.from({ length: 1002 }).reduce<unknown>((inner) => ({ inner }), 1)],
    [
      '100,000 arrays in one another',
      Array.from({ length: 100_000 }).reduce<unknown>((inner) => [inner], /x/),
    ],
  ])('is refused: %s, alone or within another', async (_, value) => {
    const seen: unknown[] = [];
    const flow = await createBatchFlow({ onBatch: (batch) => void seen.push(...batch) });
    onTestFinished(async () => void (await flow.destroy()));
    const refused = expect.objectContaining({ code: 'ERR_EVENT_INVALID', fault: 'not_serializable' });
    for (const event of [value, { value }, [value], new Map([[1, value]]), { a: /with V8/, value }]) {
      expect(() => flow.push(event)).toThrow(refused);
      expect(() => flow.push(event)).toThrow(EventError);
      flow.push({ ok: true });
    }
    await flow.committed();
    expect(seen).toEqual(Array(5).fill({ ok: true }));
    expect(flow.stats()).toMatchObject({ accepted: 5, committed: 5 });
  });

  /** Flows in every state in which an object may meet them: what came before must make no difference. */
  const befores: readonly (readonly [string, readonly unknown[]])[] = [
    ['nothing', []],
    ['an object with the same keys', [{ a: 1, b: 'x' }]],
    ['an object with the same keys and another in it', [{ a: 1, b: [] }]],
    [
      'objects of more shapes than a producer knows',
      Array.from({ length: 70 }, (_, i) => ({ [`k${i}`]: i })),
    ],
  ];

  it.each(befores)('may be a proxy of an object of simple values, after %s', (_, before) => {
    const many = Object.fromEntries(Array.from({ length: 40 }, (_, k) => [`k${k}`, k / 2]));
    for (const value of [{ a: 1, b: 'x' }, { b: -0, a: 1n, c: null, d: undefined, e: true }, many, {}]) {
      const rows = batchOf(Events, [...before, new Proxy(value, {}), value]).rows();
      for (const row of rows.slice(-2)) assertSameClone(row, value);
    }
    const wrong = { fault: 'not_serializable', message: expect.stringContaining('a proxy is no data') };
    for (const value of [{ a: 1, b: {} }, { a: [1], b: 'x' }, { a: new Proxy({}, {}) }, { ...many, b: {} }]) {
      const events = [...before, new Proxy(value, {})];
      expect(() => batchOf(Events, events)).toThrow(expect.objectContaining(wrong));
    }
    const within = { a: 1, b: new Proxy({ a: 1 }, {}) };
    expect(() => batchOf(Events, [...before, within])).toThrow(expect.objectContaining(wrong));
  });

  it('of a proxy is what its traps have returned, though they return something else each time', () => {
    const given = new Set<unknown>();
    let n = 0;
    const get = (_: object, key: string | symbol) => {
      if (key === 'constructor') return Object;
      const value = [n, `text ${n}`, n + 0.5, n % 2 === 0][n % 4];
      n++;
      given.add(value);
      return value;
    };
    const events = Array.from({ length: 40 }, () => new Proxy({ a: 1, b: 2, c: 3 }, { get }));
    for (const row of batchOf(Events, events).rows() as object[]) {
      expect(Object.keys(row)).toEqual(['a', 'b', 'c']);
      for (const value of Object.values(row)) expect(given).toContain(value);
    }
  });

  it.each<[string, unknown]>([
    ['a.b[3] is a function: ', { a: { b: [1, 2, 3, () => 1] } }],
    ['get("x").y is a symbol: ', new Map([['x', { y: Symbol('s') }]])],
    ['{key an object}.f is a function: ', new Map([[{ f() {} }, 1]])],
    ['{member 1} is a URL: ', new Set([1, new URL('http://h')])],
    ['["a b"][0] is an object: a proxy', { 'a b': [new Proxy({}, {})] }],
    ['e.cause is a function: ', { e: new Error('x', { cause: () => 1 }) }],
    ['list[1] is the arguments of a call: ', { list: [1, args(1)] }],
    [
      'a.b cannot be read: no',
      {
        a: {
          get b() {
            throw new Error('no');
          },
        },
      },
    ],
    [
      'f is a function: ',
      (() => {
        const it: object = {
          get it() {
            return it;
          },
          f() {},
        };
        return it;
      })(),
    ],
  ])('that is refused names the part: %s', (part, value) => {
    expect(() => batchOf(Events, [value])).toThrow(EventError);
    expect(() => batchOf(Events, [value])).toThrow(`, which cannot be written: ${part}`);
  });

  class Node {
    constructor(readonly inner: unknown) {}
  }
  it.each<[string, (inner: unknown) => unknown]>([
    ['plain objects', (inner) => ({ inner })],
    ['objects of a class', (inner) => new Node(inner)],
    ['objects of no class', (inner) => Object.assign(Object.create(null), { inner })],
    ['arrays', (inner) => [inner]],
    ['Maps', (inner) => new Map([[1, inner]])],
  ])('of %s in one another is kept up to 1000, and refused beyond with that reason', (_, wrap) => {
    const nested = (levels: number) =>
      Array.from({ length: levels }).reduce<unknown>((inner) => wrap(inner), 1);
    assertSameClone(back(nested(900)), structuredClone(nested(900)));
    for (const levels of [1002, 20_000])
      expect(() => back(nested(levels))).toThrow('cannot be written: it is nested more than 1000 deep');
  });

  it('that the stack does not hold is refused as nested too deeply', () => {
    const built = (module: string) =>
      JSON.stringify(new URL(`../../../dist/src/${module}`, import.meta.url).href);
    const program = `
      import { batchOf } from ${built('schema/batch-of.js')};
      import { anySchema } from ${built('schema/columns/schema.js')};
      for (const levels of [999, 5000]) {
        let value = 1;
        for (let i = 0; i < levels; i++) value = { value };
        try {
          batchOf(anySchema('events'), [value]);
        } catch ({ code, message }) {
          console.log(code, message);
        }
      }`;
    const { stdout } = spawnSync(
      process.execPath,
      ['--stack-size=200', '--input-type=module', '--eval', program],
      { encoding: 'utf8' },
    );
    expect(stdout).toMatch(/^(ERR_EVENT_INVALID events\.~value: got an object, .* it is nested .*\n){2}$/);
  });

  it('has a form of its own for what events are made of', () => {
    const event = {
      at: new Date(5),
      n: 2n ** 70n,
      user: { tags: ['a'], at: [1, 2.5] },
      raw: new Uint8Array([1]),
    };
    expect(isPlain({ ...event, map: new Map([[1, new Set(['x'])]]), point: new Point() })).toBe(true);
    expect(isPlain({ ...event, shared: [shared, shared] })).toBe(false);
  });
});
