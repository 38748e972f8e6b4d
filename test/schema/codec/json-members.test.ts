/**
 * The texts of JSON values, cut out of a text: `JSON.parse` is the oracle of what each of them says.
 */
import assert from 'node:assert/strict';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { JsonMembers } from '../../../dist/src/schema/codec/json-members.js';
import { compact, firstElement, nextElement } from '../../../dist/src/schema/codec/json-scan.js';

const keys = ['id', '__proto__', 'a\\b', 'a"b', '', 'é😀', 'id2', 'constructor', '\n', '{', '\\'];

/** White space as a client may write it, often none. */
const blanks = fc.oneof(
  { weight: 3, arbitrary: fc.constant('') },
  fc.string({ unit: fc.constantFrom(' ', '\n', '\r', '\t'), maxLength: 3 }),
);

/** A string's text, some of its characters escaped though they need not be. */
const stringText = (value: fc.Arbitrary<string>) =>
  fc.tuple(value, fc.array(fc.boolean(), { maxLength: 6 })).map(([text, escaped]) => {
    const units = text.split('').map((unit, i) => {
      const code = unit.charCodeAt(0);
      const must = code < 0x20 || unit === '"' || unit === '\\' || (code >= 0xd800 && code < 0xe000);
      if (!must && !escaped[i]) return unit;
      if (escaped[i] && (unit === '"' || unit === '\\' || unit === '/')) return `\\${unit}`;
      return `\\u${code.toString(16).padStart(4, '0')}`;
    });
    return `"${units.join('')}"`;
  });

const anyText = fc.oneof(
  fc.constantFrom(...keys, '}', ']', ',', ':', '"', '[{"id":1}]'),
  fc.string({ unit: 'binary', maxLength: 8 }),
);

const numberText = fc.oneof(
  fc.constantFrom('0', '-0', '1e999', '-1E+2', '12345678901234567890', '0.10', '1.0e-7', '9007199254740993'),
  fc.double({ noNaN: true, noDefaultInfinity: true }).map((value) => JSON.stringify(value)),
);

/** The text of any value; objects may have equal keys. */
const { value: valueText } = fc.letrec<{ value: string }>((tie) => {
  const spaced = fc.tuple(blanks, tie('value'), blanks).map((parts) => parts.join(''));
  const member = fc
    .tuple(blanks, stringText(fc.oneof(fc.constantFrom(...keys), anyText)), blanks, spaced)
    .map(([before, key, after, value]) => `${before}${key}${after}:${value}`);
  const list = (open: string, items: fc.Arbitrary<string>, close: string) =>
    fc
      .tuple(blanks, fc.array(items, { maxLength: 4 }))
      .map(([inside, found]) => `${open}${found.length === 0 ? inside : found.join(',')}${close}`);
  return {
    value: fc.oneof(
      { depthSize: 'small', withCrossShrink: true },
      fc.oneof(fc.constantFrom('true', 'false', 'null'), numberText, stringText(anyText)),
      list('{', member, '}'),
      list('[', spaced, ']'),
    ),
  };
});

const objectText = valueText.filter((text) => text.startsWith('{'));

/** What a finder of the keys finds in an object's text. */
function found(text: string, from = 0, wanted: readonly string[] = keys): (string | undefined)[] {
  const members = new JsonMembers(wanted);
  members.find(text, from);
  return wanted.map((_, k) => members.textOf(text, k));
}

describe('members of an object', () => {
  it('are what JSON.parse makes of them, for any object within any text', () => {
    fc.assert(
      fc.property(blanks, objectText, fc.constantFrom('', ',{"id":0}', ' ]'), (before, text, after) => {
        const value = JSON.parse(text);
        const around = `[${before}${text}${after}`;
        const texts = found(around, 1);
        keys.forEach((key, k) => {
          const own = Object.getOwnPropertyDescriptor(value, key)?.value;
          const other = texts[k] === undefined ? undefined : JSON.parse(texts[k] as string);
          assert.deepStrictEqual(other, own);
        });
      }),
      { numRuns: 3000 },
    );
  });

  it('have no white space between their parts, and all of that in their strings', () => {
    fc.assert(
      fc.property(blanks, valueText, blanks, (before, text, after) => {
        const own = compact(before + text + after, 0, before.length + text.length + after.length);
        assert.deepStrictEqual(JSON.parse(own), JSON.parse(text));
        // Strings aside, only digits and signs are left.
        assert.doesNotMatch(own.replace(/"(?:[^"\\]|\\.)*"/gs, '""'), /\s/);
      }),
      { numRuns: 1000 },
    );
    fc.assert(
      fc.property(fc.json(), (text) => {
        const written = JSON.stringify(JSON.parse(text), undefined, 3);
        assert.equal(compact(written, 0, written.length), JSON.stringify(JSON.parse(text)));
      }),
    );
  });

  it('keep their digits', () => {
    const text = '{"id":{"id": 12345678901234567890 ,"a":[1e999, 0.10]}, "\\u0069d2" : 9007199254740993 }';
    expect(found(text, 0, ['id', 'id2'])).toEqual([
      '{"id":12345678901234567890,"a":[1e999,0.10]}',
      '9007199254740993',
    ]);
  });

  it('are the last of equal keys, however these are written', () => {
    expect(found('{"id":1,"\\u0069d":2}', 0, ['id'])).toEqual(['2']);
    expect(found('{"\\u0069d":1,"id":2}', 0, ['id'])).toEqual(['2']);
  });

  it('are not those of the object before, nor of objects within', () => {
    const members = new JsonMembers(['id', 'x']);
    members.find('{"id":1}', 0);
    members.find('{"x":{"id":2}}', 0);
    expect(members.textOf('{"x":{"id":2}}', 0)).toBeUndefined();
    expect(members.textOf('{"x":{"id":2}}', 1)).toBe('{"id":2}');
  });
});

describe('elements of an array', () => {
  it('are where their texts are', () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(blanks, objectText, blanks), { minLength: 1, maxLength: 5 }),
        (elements) => {
          const text = ` [${elements.map((parts) => parts.join('')).join(',')}]\n`;
          let at = firstElement(text, 0);
          for (const [, element] of elements) {
            assert.equal(text.slice(at, at + element.length), element);
            at = nextElement(text, at);
          }
        },
      ),
      { numRuns: 500 },
    );
  });

  it('may be one value that is in no array', () => {
    expect(firstElement(' \n {"a":1}', 0)).toBe(3);
  });
});
