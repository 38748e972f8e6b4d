/**
 * The form of a flat record: how an any value is stored that is a plain object of numbers, texts, booleans and nothing
 * else, as most events are. Written by `write/any-record.ts`, read by `flat-reader.ts`.
 *
 *     mark, number of words, 0, 0 │ shape │ kinds, 8 in a word │ values of 0, 1 or 2 words
 *
 * Its texts go, joined, where those of text columns go. The keys are not in the record: its shape is a label of the
 * flow's dictionary, the list of its keys as JSON.
 */

/** The first byte. msgpack never begins with it: "never used" (https://github.com/msgpack/msgpack, spec.md). */
export const flatMark = 0xc1;

/** Kinds of values, four bits each. A text's value is its length in UTF-16 units. */
export const kind = { undefined: 0, null: 1, false: 2, true: 3, int32: 4, float64: 5, text: 6 } as const;

export const kindsPerWord = 8;
/** Words before the kinds. */
export const headWords = 2;
