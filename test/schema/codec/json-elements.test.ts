/**
 * The places of elements of a JSON array, for those that are asked for.
 */
import { expect, test } from 'vitest';
import { JsonElements } from '../../../dist/src/schema/codec/json-elements.js';

test('some elements of an array are found, at their own places', () => {
  const text = ' [ {"a":"]"} , 5,[1,2] ,"x,y" , 7 ] ';
  const elements = new JsonElements(text);
  const places = [0, 2, 2, 4].map((index) =>
    text.slice(elements.startOf(index), elements.startOf(index) + 3),
  );
  expect(places).toEqual(['{"a', '[1,', '[1,', '7 ]']);
});

test('one value is the only element', () => {
  expect(new JsonElements('  {"a":1}').startOf(0)).toBe(2);
});
