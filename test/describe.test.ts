/**
 * The texts for values that did not fit: their kind, with its article.
 */
import { expect, test } from 'vitest';
import { describe } from '../dist/src/describe.js';

test.each<[unknown, string]>([
  [{}, 'an object'],
  [Object.create(null), 'an object without a prototype'],
  [new (class {})(), 'an object'],
  [new Date(0), 'a Date'],
  [new Error('x'), 'an Error'],
  [new URL('http://h'), 'a URL'],
  [new Uint8Array(1), 'a Uint8Array'],
  [new Int8Array(1), 'an Int8Array'],
  [Promise.resolve(1), 'a Promise'],
  [
    (function (this: void, ..._: number[]) {
      // biome-ignore lint/complexity/noArguments: they are what is tested.
      return arguments;
    })(1),
    'the arguments of a call',
  ],
  [{ constructor: Date }, 'an object'],
  [[1, 2], 'an array of 2'],
  [() => 1, 'a function'],
])('%o is %s', (value, text) => {
  expect(describe(value)).toBe(text);
});
