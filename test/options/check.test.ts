/**
 * The check of options: paths of errors, unknown names, defaults, and hostile input.
 */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ConfigError } from '../../dist/src/errors.js';
import { check, group } from '../../dist/src/options/check.js';
import { boolean, custom, integer, list, off, oneOf, text, union } from '../../dist/src/options/rules.js';

const rules = {
  name: text(),
  flushSize: integer(1, 1000).default(10),
  flushIntervalMs: integer(1, 1000).optional(),
  mode: oneOf('sync', 'async').default('async'),
  retry: group({
    maxAttempts: integer(1, 9).default(3),
    pause: group({ firstMs: integer(0, 99).default(5), jitter: boolean().default(true) }).default({}),
  }).default({}),
  circuit: union('false, or { failures }', off, group({ failures: integer(1, 9).default(4) })).default({}),
  columns: list(text(), 'a list of names').default(['id']),
  points: list(group({ x: integer(0, 9) }), 'a list of points').optional(),
};
const filled = {
  name: 'a',
  flushSize: 10,
  flushIntervalMs: undefined,
  mode: 'async',
  retry: { maxAttempts: 3, pause: { firstMs: 5, jitter: true } },
  circuit: { failures: 4 },
  columns: ['id'],
  points: undefined,
};

/** The ConfigError of these options. */
function mistakeOf(options: unknown, whole?: string): ConfigError {
  try {
    check(rules, options, whole);
  } catch (error) {
    if (error instanceof ConfigError) return error;
    throw error;
  }
  throw new Error('no mistake was found');
}

describe('defaults', () => {
  it('take the place of what is left out or undefined, at every depth', () => {
    expect(check(rules, { name: 'a' })).toStrictEqual(filled);
    expect(
      check(rules, { ...Object.fromEntries(Object.keys(rules).map((key) => [key, undefined])), name: 'a' }),
    ).toStrictEqual(filled);
    expect(check(rules, { name: 'a', retry: { pause: { jitter: undefined } } })).toStrictEqual(filled);
    expect(check(rules, { name: 'a', retry: { pause: { firstMs: 0 } }, circuit: false })).toStrictEqual({
      ...filled,
      retry: { maxAttempts: 3, pause: { firstMs: 0, jitter: true } },
      circuit: false,
    });
  });

  it('are fresh objects: what a caller does to them the next one does not see', () => {
    const first = check(rules, { name: 'a' });
    (first.columns as string[]).push('other');
    (first.retry.pause as { firstMs: number }).firstMs = 77;
    expect(check(rules, { name: 'a' })).toStrictEqual(filled);
  });

  it('are checked like values', () => {
    expect(() => check({ size: integer(1, 9).default(10) }, {})).toThrow(/^size: got 10/);
  });

  it('are of the result only: options are not changed, and not kept', () => {
    const options = Object.freeze({ name: 'a', columns: Object.freeze(['x']), retry: Object.freeze({}) });
    const checked = check(rules, options);
    expect(options).toStrictEqual({ name: 'a', columns: ['x'], retry: {} });
    expect(checked.columns).not.toBe(options.columns);
    expect(checked.retry).not.toBe(options.retry);
  });
});

describe('an error', () => {
  it.each([
    [{ name: 5 }, 'name', 5, 'a text'],
    [{}, 'name', undefined, 'a text'],
    [{ name: 'a', flushSize: 0 }, 'flushSize', 0, 'an integer from 1 to 1000'],
    [{ name: 'a', retry: 5 }, 'retry', 5, '{ maxAttempts, pause }'],
    [{ name: 'a', retry: { maxAttempts: 'x' } }, 'retry.maxAttempts', 'x', 'an integer from 1 to 9'],
    [{ name: 'a', retry: { pause: [] } }, 'retry.pause', [], '{ firstMs, jitter }'],
    [{ name: 'a', retry: { pause: { jitter: 1 } } }, 'retry.pause.jitter', 1, 'true or false'],
    [{ name: 'a', circuit: true }, 'circuit', true, 'false, or { failures }'],
    [{ name: 'a', circuit: { failures: 0 } }, 'circuit.failures', 0, 'an integer from 1 to 9'],
    [{ name: 'a', columns: 'id' }, 'columns', 'id', 'a list of names'],
    [{ name: 'a', columns: ['id', 7] }, 'columns.1', 7, 'a text'],
    [{ name: 'a', points: [{ x: 1 }, { x: 10 }] }, 'points.1.x', 10, 'an integer from 0 to 9'],
    [{ name: 'a', points: [{ x: 1 }, { y: 1 }] }, 'points.1.y', 1, 'no such option; there are x'],
  ])('in %j says where, what, and what is allowed', (options, key, value, expected) => {
    const error = mistakeOf(options);
    expect(error).toMatchObject({ name: 'ConfigError', code: 'ERR_CONFIG', key, value, expected });
    expect(error.message).toMatch(`${key}: got `);
  });

  it.each([undefined, null, 5, 'text', true, [], [{ name: 'a' }], () => {}, Symbol('s')])(
    'of something that is no object of options names them all together: %s',
    (options) => {
      const expected = 'an object with at least { name }';
      expect(mistakeOf(options)).toMatchObject({ key: 'options', value: options, expected });
      expect(mistakeOf(options, 'settings')).toMatchObject({ key: 'settings', value: options, expected });
      expect(() => check({ a: boolean().optional() }, options)).toThrow(
        expect.objectContaining({ expected: 'an object of settings' }),
      );
    },
  );
});

describe('a name that no option has', () => {
  it.each([
    ['flushsize', 'flushSize'],
    ['FlushSize', 'flushSize'],
    ['flushSizes', 'flushSize'],
    ['flushSiez', 'flushSize'],
    ['fluhsSize', 'flushSize'],
    ['flush_size', 'flushSize'],
    ['flushInterval', 'flushIntervalMs'],
    ['nam', 'name'],
    ['nmae', 'name'],
    ['mods', 'mode'],
    ['collumns', 'columns'],
  ])('%s may be meant to be %s', (name, meant) => {
    expect(mistakeOf({ name: 'a', [name]: 1 })).toMatchObject({
      key: name,
      value: 1,
      expected: `no such option; did you mean "${meant}"?`,
    });
  });

  it.each(['', 'x', 'no', 'flush', 'size', 'toString', 'constructor', '__proto__', 'flushIntervalMsec!'])(
    '%j is near none, or near several: all that there are is said',
    (name) => {
      const options = Object.defineProperty({ name: 'a' }, name, { value: 1, enumerable: true });
      const error = mistakeOf(options);
      expect(error).toMatchObject({ key: name, value: 1 });
      expect(error.expected).toBe(`no such option; there are ${Object.keys(rules).join(', ')}`);
    },
  );

  it('is near the nearer one of two, and near none of two that are as near', () => {
    const tables = { table: text().optional(), tables: text().optional(), tablet: text().optional() };
    expect(() => check(tables, { tabl: 1 })).toThrow('did you mean "table"?');
    expect(() => check(tables, { tablex: 1 })).toThrow('there are table, tables, tablet');
  });

  it('is found after any one edit of a long name', () => {
    const name = 'flushIntervalMs';
    const character = fc.constantFrom('x', 'é', '-', '7');
    const edit = fc
      .tuple(fc.nat(name.length - 2), character)
      .chain(([i, x]) =>
        fc.constantFrom(
          name.slice(0, i) + name.slice(i + 1),
          name.slice(0, i) + x + name.slice(i),
          name.slice(0, i) + x + name.slice(i + 1),
          name.slice(0, i) + name[i + 1] + name[i] + name.slice(i + 2),
        ),
      );
    fc.assert(
      fc.property(edit, (misspelt) => {
        fc.pre(misspelt !== name);
        expect(mistakeOf({ name: 'a', [misspelt]: 1 }).expected).toBe(
          'no such option; did you mean "flushIntervalMs"?',
        );
      }),
    );
  });

  it('is refused before values are looked at, in groups, too', () => {
    expect(mistakeOf({ nme: 'a', flushSize: 0 }).key).toBe('nme');
    expect(mistakeOf({ name: 'a', retry: { maxAttempts: 0, pauze: 5 } })).toMatchObject({
      key: 'retry.pauze',
      value: 5,
      expected: 'no such option; did you mean "pause"?',
    });
    expect(mistakeOf({ name: 'a', circuit: { failure: 5 } }).key).toBe('circuit.failure');
  });

  it('is refused if its value is undefined, too: it is misspelt all the same', () => {
    expect(mistakeOf({ name: 'a', flushsize: undefined }).key).toBe('flushsize');
  });

  it('is shortened when it is very long, and the search for it takes no time', () => {
    const error = mistakeOf({ name: 'a', ['x'.repeat(5_000_000)]: 1 });
    expect(error.key).toBe(`${'x'.repeat(80)}…`);
    expect(error.message.length).toBeLessThan(300);
  });
});

describe('options', () => {
  it('may have no prototype', () => {
    const bare = Object.assign(Object.create(null), { name: 'a', retry: Object.create(null) });
    expect(check(rules, bare)).toStrictEqual(filled);
  });

  it('may be of a class, with getters and inherited values', () => {
    class Base {
      name = 'a';
      get flushSize() {
        return 99;
      }
    }
    class Mine extends Base {
      mode = 'sync';
    }
    expect(check(rules, new Mine())).toStrictEqual({ ...filled, flushSize: 99, mode: 'sync' });
    expect(check(rules, Object.create({ name: 'a', flushSize: 7 }))).toStrictEqual({
      ...filled,
      flushSize: 7,
    });
    // Inherited names are misspelt like others.
    expect(mistakeOf(Object.create({ name: 'a', flushsize: 7 })).key).toBe('flushsize');
  });

  it('are read once: what is checked is what is used', () => {
    const reads: string[] = [];
    const given: Record<string, unknown> = {
      name: 'a',
      retry: { maxAttempts: 1, pause: { firstMs: 1, jitter: true } },
      columns: ['a', 'b'],
    };
    const watched = (object: object, path: string): object =>
      new Proxy(object, {
        get(target, key) {
          const value: unknown = Reflect.get(target, key);
          reads.push(`${path}${String(key)}`);
          return typeof value === 'object' && value !== null
            ? watched(value, `${path}${String(key)}.`)
            : value;
        },
      });
    check(rules, watched(given, ''));
    expect(reads.filter((read, i) => reads.indexOf(read) < i)).toEqual([]);
  });

  it('whose getter changes its mind have the value that was checked', () => {
    let n = 0;
    const options = {
      name: 'a',
      get flushSize() {
        n++;
        return n === 1 ? 5 : 'nonsense';
      },
    };
    expect(check(rules, options).flushSize).toBe(5);
  });

  it('with symbols as names: they are let alone', () => {
    expect(check(rules, { name: 'a', [Symbol('mine')]: 5, [Symbol.iterator]: 5 })).toStrictEqual(filled);
  });

  it('with a prototype in place of a value change no prototype', () => {
    const options = JSON.parse('{ "name": "a", "retry": { "__proto__": { "maxAttempts": 9 } } }');
    expect(mistakeOf(options)).toMatchObject({ key: 'retry.__proto__', value: { maxAttempts: 9 } });
    expect(({} as { maxAttempts?: number }).maxAttempts).toBeUndefined();
  });

  const boom = () => {
    throw new Error('boom');
  };
  const revoked = () => {
    const { proxy, revoke } = Proxy.revocable({}, {});
    revoke();
    return proxy;
  };
  const hostile: [string, () => unknown, string, RegExp][] = [
    [
      'a getter that throws',
      () => ({
        name: 'a',
        get mode() {
          return boom();
        },
      }),
      'mode',
      /^a value that can be read \(boom\)$/,
    ],
    [
      'a getter of a group that throws',
      () => ({
        name: 'a',
        retry: {
          get pause() {
            return boom();
          },
        },
      }),
      'retry.pause',
      /\(boom\)$/,
    ],
    [
      'a getter of an unknown name that throws',
      () => ({
        name: 'a',
        get x() {
          return boom();
        },
      }),
      'x',
      /\(boom\)$/,
    ],
    [
      'a getter that throws nonsense',
      () => ({
        name: 'a',
        get mode() {
          throw Object.create(null);
        },
      }),
      'mode',
      /can be read/,
    ],
    [
      'an element whose getter throws',
      () => ({ name: 'a', columns: Object.defineProperty(['a'], 0, { get: boom }) }),
      'columns.0',
      /\(boom\)$/,
    ],
    [
      'a proxy that lists no names',
      () => new Proxy({}, { ownKeys: boom }),
      'options',
      /^an object whose members can be read \(boom\)$/,
    ],
    [
      'a group that lists no names',
      () => ({ name: 'a', retry: new Proxy({}, { ownKeys: boom }) }),
      'retry',
      /\(boom\)$/,
    ],
    ['a proxy that gives no values', () => new Proxy({}, { get: boom }), 'name', /\(boom\)$/],
    ['a revoked proxy', revoked, 'options', /^an object with at least/],
    [
      'a revoked proxy for a group',
      () => ({ name: 'a', retry: revoked() }),
      'retry',
      /^\{ maxAttempts, pause \}$/,
    ],
    ['a revoked proxy for a list', () => ({ name: 'a', columns: revoked() }), 'columns', /^a list of names$/],
    [
      'a value whose class cannot be read',
      () => ({ name: new Proxy({}, { getPrototypeOf: boom }) }),
      'name',
      /^a text$/,
    ],
    [
      'a value whose class has a getter',
      () => ({
        name: Object.create({
          get constructor() {
            return boom();
          },
        }),
      }),
      'name',
      /^a text$/,
    ],
    ['a list with holes', () => ({ name: 'a', columns: new Array(4_000_000_000) }), 'columns.0', /^a text$/],
    ['a symbol', () => ({ name: Symbol('s') }), 'name', /^a text$/],
    ['a huge bigint', () => ({ name: 'a', flushSize: 2n ** 1_000_000n }), 'flushSize', /^an integer/],
    [
      'a huge negative bigint',
      () => ({ name: 'a', flushSize: -(2n ** 1_000_000n) }),
      'flushSize',
      /^an integer/,
    ],
    ['a very long text', () => ({ name: 'a', mode: 'x'.repeat(5_000_000) }), 'mode', /^one of/],
    [
      'a class of a very long name',
      () => ({ name: { __proto__: { constructor: { name: 'x'.repeat(5_000_000) } } } }),
      'name',
      /^a text$/,
    ],
  ];
  it.each(hostile)('with %s are one short error', (_, options, key, expected) => {
    const error = mistakeOf(options());
    expect(error.key).toBe(key);
    expect(error.expected).toMatch(expected);
    expect(error.message.length).toBeLessThan(300);
  });

  it('with a test that throws are refused', () => {
    const rule = custom((value) => (value as { deep: { er: number } }).deep.er === 1, 'something deep');
    expect(() => check({ rule }, { rule: {} })).toThrow(/^rule: got an object; expected something deep$/);
  });

  it('of any content are taken or refused, by nothing but a ConfigError', () => {
    const anything = fc.anything({
      withNullPrototype: true,
      withBigInt: true,
      withDate: true,
      withMap: true,
      withTypedArray: true,
      withSparseArray: true,
    });
    const options = fc.oneof(
      anything,
      fc.record(
        Object.fromEntries(
          Object.keys(rules).map((key) => [key, fc.oneof(anything, fc.constant(undefined))]),
        ),
        { requiredKeys: [] },
      ),
    );
    fc.assert(
      fc.property(options, (given) => {
        try {
          check(rules, given);
        } catch (error) {
          expect(error).toBeInstanceOf(ConfigError);
          expect((error as Error).message.length).toBeLessThan(1000);
        }
      }),
    );
  });
});
