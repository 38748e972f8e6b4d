/**
 * Each kind of rule: what it takes, what it refuses, and how its error says what is allowed.
 */
import { describe, expect, it } from 'vitest';
import { group } from '../../dist/src/options/check.js';
import type { Rule } from '../../dist/src/options/rule.js';
import {
  abortSignal,
  boolean,
  callback,
  custom,
  integer,
  list,
  number,
  off,
  oneOf,
  secret,
  text,
  union,
  withMethods,
} from '../../dist/src/options/rules.js';

const point = group({ x: integer(0, 9), y: integer(0, 9).default(5) });
const { signal } = new AbortController();
const fn = () => {};

const kinds: [name: string, rule: Rule<unknown>, taken: unknown[], refused: unknown[], expected: string][] = [
  [
    'integer',
    integer(-1, 10),
    [-1, 0, 10],
    [-2, 11, 0.5, Number.NaN, Number.POSITIVE_INFINITY, '5', 5n, null, true, {}, [5], new Number(5)],
    'an integer from -1 to 10',
  ],
  [
    'number',
    number(0, 10),
    [0, 0.5, 10],
    [-0.1, 10.5, Number.NaN, Number.POSITIVE_INFINITY, '5', 5n, null],
    'a number from 0 to 10',
  ],
  [
    'number without an end',
    number(0),
    [0, 1e300, Number.POSITIVE_INFINITY],
    [-1, Number.NaN],
    'a number from 0',
  ],
  ['boolean', boolean(), [true, false], [0, 1, 'true', null, new Boolean(true)], 'true or false'],
  ['text', text(), ['a', ' ', '\0'], [5, null, {}, ['a'], new String('a')], 'a text'],
  ['oneOf', oneOf('a', 'b'), ['a', 'b'], ['c', 'A', '', null, 0, ['a']], "one of 'a', 'b'"],
  ['callback', callback('a function of the row'), [fn, class {}], [{}, 'fn', null], 'a function of the row'],
  ['off', off, [false], [true, 0, null, ''], 'false'],
  // Of another realm: told by its members.
  [
    'abortSignal',
    abortSignal,
    [signal, { aborted: false, addEventListener() {} }],
    [{}, new AbortController(), { aborted: false }],
    'an AbortSignal',
  ],
  ['custom', custom((value) => value === 7, 'seven'), [7], [8, '7', null], 'seven'],
  [
    'list',
    list(integer(0, 9), 'a list of digits'),
    [[], [1, 2]],
    [{}, '12', null, new Set([1])],
    'a list of digits',
  ],
  ['group', point, [], [[], null, 5, 'x', fn], '{ x, y }'],
  ['union', union('false, or a point', off, point), [false], [true, null, 0, []], 'false, or a point'],
];

describe.each(kinds)('%s', (_, rule, taken, refused, expected) => {
  it(`takes ${expected}`, () => {
    for (const value of taken) expect(rule.check(value, 'key')).toStrictEqual(value);
  });

  it('refuses all else, and says what is allowed', () => {
    for (const value of [...refused, Symbol('s')]) {
      expect(() => rule.check(value, 'the.key')).toThrow(
        expect.objectContaining({ code: 'ERR_CONFIG', key: 'the.key', value, expected }),
      );
    }
  });

  it('refuses undefined, unless it is optional', () => {
    expect(() => rule.check(undefined, 'key')).toThrow(expect.objectContaining({ value: undefined }));
    expect(rule.optional().check(undefined, 'key')).toBeUndefined();
    for (const value of taken) expect(rule.optional().check(value, 'key')).toStrictEqual(value);
    for (const value of refused) expect(() => rule.optional().check(value, 'key')).toThrow(/^key: /);
  });
});

describe('text', () => {
  it('is not empty', () => {
    expect(() => text().check('', 'key')).toThrow(
      /^key: got "" \(string\); expected a text that is not empty$/,
    );
  });
});

describe('withMethods', () => {
  const rule = withMethods<{ open(): void; close(): void }>('open', 'close');

  it('takes an object of any class that has them, and gives it back as it is', () => {
    class Base {
      open() {}
    }
    class Door extends Base {
      close() {}
    }
    for (const door of [
      { open() {}, close: () => {} },
      new Door(),
      Object.assign(() => {}, new Door(), { open() {}, close() {} }),
    ])
      expect(rule.check(door, 'door')).toBe(door);
  });

  it.each([
    [undefined, 'an object with open, close'],
    [null, 'an object with open, close'],
    [{}, 'an object with open, close'],
    [{ open() {} }, 'an object with close'],
    [{ open() {}, close: true }, 'an object with close'],
  ])('names what is missing in %o', (value, expected) => {
    expect(() => rule.check(value, 'door')).toThrow(expect.objectContaining({ key: 'door', expected }));
  });
});

describe('and', () => {
  const even = integer(0, 9).and((value) => value % 2 === 0, 'an even digit');

  it('tests what the rule before it takes, and has its own text', () => {
    expect(even.check(4, 'key')).toBe(4);
    expect(() => even.check(5, 'key')).toThrow(/^key: got 5 \(number\); expected an even digit$/);
    expect(() => even.check(12, 'key')).toThrow(/expected an integer from 0 to 9$/);
  });

  it('comes after the check of what is inside', () => {
    const twice = list(integer(0, 9), 'a list').and((values) => values.length === 2, 'two digits');
    expect(twice.check([1, 2], 'key')).toEqual([1, 2]);
    expect(() => twice.check([1], 'key')).toThrow(/^key: got an array of 1; expected two digits$/);
    expect(() => twice.check([1, 'x'], 'key')).toThrow(/^key\.1: /);
  });
});

describe('a union', () => {
  const rule = union('a mode, or a point', oneOf('a', 'b'), point);

  it('reads a value by the first rule that takes it, and names the place of a mistake inside', () => {
    expect(rule.check('b', 'key')).toBe('b');
    expect(rule.check({ x: 1 }, 'key')).toEqual({ x: 1, y: 5 });
    expect(() => rule.check({ x: 99 }, 'key')).toThrow(/^key\.x: got 99 .*an integer from 0 to 9$/);
    expect(() => rule.check({}, 'key')).toThrow(/^key\.x: got undefined/);
    expect(() => rule.check('c', 'key')).toThrow(/^key: got "c" \(string\); expected a mode, or a point$/);
  });
});

describe('secret', () => {
  it('is not shown in errors, which say only whether something was given', () => {
    expect(() => secret().check(17, 'key')).toThrow(/^key: got "\[hidden\]"/);
    expect(() => secret().check(undefined, 'key')).toThrow(/^key: got undefined; expected a text/);
  });
});
