/**
 * Redaction: members by names and paths, hostile ones included, and values that texts of errors repeat.
 */
import { describe, expect, it } from 'vitest';
import { errorData } from '../../dist/src/flow/protocol/error-data.js';
import { stepsOf } from '../../dist/src/redact/path.js';
import { Redactor, usualNames } from '../../dist/src/redact/redactor.js';

const censor = '[REDACTED]';
const usual = new Redactor({ paths: usualNames, censor });
const of = (...paths: string[]) => new Redactor({ paths, censor });

describe('a value', () => {
  it('should lose members of the usual names at any depth, in lists and maps, whatever their case', () => {
    const row = {
      id: 1,
      Password: 'x',
      userEmail: 'a@b.c',
      nested: [{ api_token: 't', ok: true }],
      map: new Map([['phone', 1]]),
      set: new Set([{ secretKey: 2 }]),
    };
    expect(usual.value(row)).toEqual({
      id: 1,
      Password: censor,
      userEmail: censor,
      nested: [{ api_token: censor, ok: true }],
      map: new Map([['phone', censor]]),
      set: new Set([{ secretKey: censor }]),
    });
    expect(row.Password).toBe('x');
  });

  it('should lose members at paths, as pino writes them, and no others', () => {
    const value = { a: { b: 1, c: 2 }, list: [{ x: 1 }, { x: 2, y: 3 }], b: 4, 'odd.name': { b: 5 } };
    expect(of('a.b').value(value)).toEqual({ ...value, a: { b: censor, c: 2 } });
    expect(of('list[*].x').value(value)).toEqual({ ...value, list: [{ x: censor }, { x: censor, y: 3 }] });
    expect(of('list[1].x').value(value)).toEqual({ ...value, list: [{ x: 1 }, { x: censor, y: 3 }] });
    expect(of('*.b').value(value)).toEqual({ ...value, a: { b: censor, c: 2 }, 'odd.name': { b: censor } });
    expect(of('["odd.name"].b').value(value)).toEqual({ ...value, 'odd.name': { b: censor } });
  });

  it('should be shown whatever it is: circles, depths, getters that throw, odd names and classes', () => {
    const circle: Record<string, unknown> = { id: 1 };
    circle.self = circle;
    expect(usual.value(circle)).toEqual({ id: 1, self: censor });
    let deep: unknown = { password: 1 };
    for (let i = 0; i < 10_000; i++) deep = [deep];
    expect(JSON.stringify(usual.value(deep))).toContain(censor);
    const trap = Object.defineProperty({}, 'a', {
      enumerable: true,
      get: () => {
        throw new Error('no');
      },
    });
    expect(usual.value({ trap })).toEqual({ trap: censor });
    const own = JSON.parse('{"__proto__":{"password":1},"constructor":2}') as object;
    expect(Object.entries(usual.value(own) as object)).toEqual([
      ['__proto__', { password: censor }],
      ['constructor', 2],
    ]);
    const at = new Date(0);
    const bytes = new Uint8Array(2);
    expect(usual.value({ at, bytes, n: null, u: undefined })).toEqual({ at, bytes, n: null, u: undefined });
    expect(usual.value('password=x')).toBe('password=x');
  });

  it('should stay as it is where nothing is redacted', () => {
    const value = { password: 1 };
    expect(new Redactor(undefined).value(value)).toBe(value);
  });
});

describe('a path', () => {
  it.each(['', '.', 'a.', 'a..b', 'a[', 'a[x]', '[]', 'a["b]'])('should not be %j', (path) => {
    expect(stepsOf(path)).toBeUndefined();
  });
});

describe('the text of an error', () => {
  it.each([
    ['duplicate: Key (email)=(a@b.c) already exists.', `duplicate: Key (email)=(${censor}) already exists.`],
    [
      'Key (id, "email")=(7, a)=(b) already exists. (23505)',
      `Key (id, "email")=(${censor}) already exists. (23505)`,
    ],
    ['Key (email)=(x) is not present in table "u".', `Key (email)=(${censor}) is not present in table "u".`],
    [
      'violates check; Failing row contains (7, a@b.c, ).',
      `violates check; Failing row contains (${censor}).`,
    ],
    ['invalid input syntax for type integer: "a"b"', `invalid input syntax for type integer: "${censor}"`],
    ["Duplicate entry 'it's' for key 'users.email'", `Duplicate entry '${censor}' for key 'users.email'`],
    ["Duplicate entry 'a@b.c' for key 'PRIMARY'", `Duplicate entry '${censor}' for key 'PRIMARY'`],
    ["Duplicate entry '7-a@b.c' for key 'users.id'", `Duplicate entry '${censor}' for key 'users.id'`],
    [
      'value "123"4" is out of range for type smallint',
      `value "${censor}" is out of range for type smallint`,
    ],
    ['date/time field value out of range: "x"', `date/time field value out of range: "${censor}"`],
    ['malformed array literal: "{"a"}"', `malformed array literal: "${censor}"`],
    [
      "Incorrect string value: 'x' for column 'phone' at row 1",
      `Incorrect string value: '${censor}' for column 'phone' at row 1`,
    ],
    ["Truncated incorrect DOUBLE value: 'secret'", `Truncated incorrect DOUBLE value: '${censor}'`],
  ])('should lose the values of redacted columns: %s', (text, shown) => {
    expect(usual.text(text)).toBe(shown);
  });

  it.each([
    ['Key (email)=(', 'Key (email)=('],
    ['violates check; Failing row contains (7, (a), ', 'violates check; Failing row contains ('],
    ['invalid input syntax for type json: "{"a": 1, ', 'invalid input syntax for type json: "'],
    ["Duplicate entry '", "Duplicate entry '"],
    ["Incorrect string value: 'a'b ", "Incorrect string value: '"],
  ])('should lose values also where its end is cut off: %s', (text, before) => {
    const { message } = errorData(new Error(`${text}${'secret '.repeat(400)}`));
    expect(usual.text(message)).toBe(`${before}${censor}…`);
    expect(usual.text(message, true)).toBe(`${before}${censor}…`);
  });

  it('should keep values of other columns where its end is cut off, unless all have to go', () => {
    const { message } = errorData(new Error(`Key (id)=(7${'0'.repeat(3000)}`));
    expect(usual.text(message)).toBe(message);
    expect(usual.text(message, true)).toBe(`Key (id)=(${censor}…`);
  });

  it('should keep values of other columns, unless all have to go', () => {
    for (const [text, shown] of [
      ['Key (id)=(7) already exists.', `Key (id)=(${censor}) already exists.`],
      [
        "Incorrect integer value: 'x' for column 'age' at row 1",
        `Incorrect integer value: '${censor}' for column 'age' at row 1`,
      ],
    ] as const) {
      expect(usual.text(text)).toBe(text);
      expect(usual.text(text, true)).toBe(shown);
    }
    expect(usual.text('connect ECONNREFUSED 127.0.0.1:5432', true)).toBe(
      'connect ECONNREFUSED 127.0.0.1:5432',
    );
    expect(new Redactor(undefined).text('Key (email)=(x)', true)).toBe('Key (email)=(x)');
  });

  it('should come back whole where it only begins like one of the forms', () => {
    const text = `Key (${'('.repeat(200)}${"Duplicate entry '".repeat(100)}`;
    expect(usual.text(text)).toBe(text);
  });
});
