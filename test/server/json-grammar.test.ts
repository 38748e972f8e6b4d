/**
 * The grammar that says yes and no exactly where `JSON.parse` does.
 */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { isJson } from '../../dist/src/server/json-grammar.js';

function parses(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

/** Also in the midst of a text that would make it longer. */
function agrees(text: string): void {
  const expected = parses(text);
  expect([text, isJson(text, 0, text.length)]).toEqual([text, expected]);
  for (const around of ['1', '"', '}', ' ', 'e5']) {
    const inside = `${around}${text}${around}`;
    expect([inside, isJson(inside, around.length, around.length + text.length)]).toEqual([inside, expected]);
  }
}

describe('a text', () => {
  test.each([
    ...[
      '',
      ' ',
      'x',
      '-',
      '-0',
      '0',
      '00',
      '01',
      '1.',
      '.1',
      '1.5',
      '1e',
      '1e5',
      '1E+5',
      '1e-',
      '1e-05',
      '+1',
    ],
    ...[
      '1x',
      '0x1',
      'NaN',
      'Infinity',
      '1 1',
      '-1.5e+10',
      '--1',
      '1.5.5',
      '1e5e5',
      '123456789012345678901234567890',
    ],
    ...[
      'true',
      'tru',
      'trues',
      'false',
      'null',
      'nul',
      'True',
      'undefined',
      ' true\t\r\n',
      '\u00a0true',
      '\ufefftrue',
    ],
    ...[
      '""',
      '"',
      '"a',
      '"a"b',
      '"\\"',
      '"\\\\"',
      '"\\u12"',
      '"\\u12aF"',
      '"\\u12ag"',
      '"\\x"',
      '"\\b\\f\\n\\r\\t\\/"',
    ],
    ...['"\t"', '"\u0000"', '"\u007f"', '"\u2028"', '"\ud800"', '"é€😀"', "'a'", '"\\u', '"\\', '"\\u1'],
    ...[
      '[]',
      '[',
      ']',
      '[,]',
      '[1,]',
      '[1 ,2]',
      '[1 2]',
      '[[]]',
      '[[]',
      '[]]',
      '[1}',
      '[{}]',
      '[ ]',
      '[1,[2,[3]]]',
    ],
    ...[
      '{}',
      '{',
      '}',
      '{,}',
      '{"a"}',
      '{"a":}',
      '{"a":1}',
      '{"a":1,}',
      '{a:1}',
      '{"a" : 1 , "b":[ ]}',
      '{1:1}',
    ],
    ...[
      '{"a":1 "b":2}',
      '{"a":1]',
      '{"a":{"b":[{"c":null}]}}',
      '{"a":1}{',
      '{"a":1,"a":2}',
      '{"__proto__":1}',
      '{}}',
    ],
  ])('is JSON or not: %j', agrees);

  test('of any kind', () => {
    fc.assert(fc.property(fc.json({ maxDepth: 5 }), agrees), { numRuns: 500 });
    fc.assert(
      fc.property(
        fc.string({ unit: fc.constantFrom(...'[]{}":,-+.0123eE\\utfn \n'), maxLength: 12 }),
        agrees,
      ),
      {
        numRuns: 5000,
      },
    );
  });

  test('of any kind, spoiled at any place', () => {
    const pieces = fc.constantFrom(
      '',
      '"',
      '\\',
      ',',
      ':',
      '{',
      '}',
      '[',
      ']',
      '0',
      '-',
      'e',
      '.',
      ' ',
      '\n',
      '\u0001',
    );
    fc.assert(
      fc.property(fc.json({ maxDepth: 4 }), fc.nat(), fc.nat(3), pieces, (json, at, cut, piece) => {
        const place = at % (json.length + 1);
        agrees(json.slice(0, place) + piece + json.slice(place + cut));
      }),
      { numRuns: 3000 },
    );
  });

  test('may be nested to any depth', () => {
    const depth = 100_000;
    const text = `${'[{"a":'.repeat(depth)}1${'}]'.repeat(depth)}`;
    expect(isJson(text, 0, text.length)).toBe(true);
    expect(isJson(text, 0, text.length - 1)).toBe(false);
    expect(isJson(`${text}]`, 0, text.length + 1)).toBe(false);
  });
});
