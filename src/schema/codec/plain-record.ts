/**
 * The form of a plain record: how an any value is stored that is made of plain objects, arrays, numbers, texts, and
 * the few other things of `kind`. Written by `write/any-record.ts`, read by `plain-reader.ts`.
 *
 *     mark, number of further shapes │ shape │ body │ further shapes
 *
 *     body:   kinds, 8 in a word │ values, one after another
 *
 *     value   words
 *     object  its shape, its body
 *     keyed   number of keys, kinds, then for each key its length and its value
 *     array   length, its body
 *     numbers   an array of nothing else: length, words of each, which are those of int32 or of float64
 *     bytes   length, the bytes
 *     map, set   number of members, kinds and values of all keys and values
 *     text, bigint (hexadecimal)   number of UTF-16 units
 *     date, float64   2;   int32   1;   others   0
 *
 * Texts go, joined, where those of text columns go. The keys of an object are not in the record: its shape is a label
 * of the flow's dictionary, the list of its keys as JSON. Only where no such label is to be had are keys among the
 * texts. A value that is no object of a shape is stored as the one element of an array: its shape is `noShape`.
 */

/** The first byte. What V8 serializes begins with 0xff. */
export const plainMark = 0xc1;

/** Kinds of values, four bits each. */
export const kind = {
  undefined: 0,
  null: 1,
  false: 2,
  true: 3,
  int32: 4,
  float64: 5,
  text: 6,
  object: 7,
  keyed: 8,
  array: 9,
  date: 10,
  bigint: 11,
  bytes: 12,
  map: 13,
  set: 14,
  numbers: 15,
} as const;

export type Kind = (typeof kind)[keyof typeof kind];

export const kindsPerWordBits = 3;
export const kindsPerWord = 1 << kindsPerWordBits;
/** Words before the body. */
export const headWords = 2;
export const noShape = -1;
/** The mark takes the low byte of the first word, the number of further shapes the rest. */
export const furtherShift = 8;

/**
 * Objects and arrays in one another. A flusher's stack may be smaller than that of the thread that pushed, so the limit
 * is fixed, and far below what a stack of 1 MB holds.
 */
export const maxDepth = 1000;

/** Words of the kinds of so many values. */
export function kindsWords(values: number): number {
  return Math.ceil(values / kindsPerWord);
}
