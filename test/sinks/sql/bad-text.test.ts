/**
 * Escapes in documents that a database which reads them cannot hold.
 */
import { describe, expect, it } from 'vitest';
import { replaceBadEscapes } from '../../../dist/src/sinks/wire/bad-text.js';

describe('escapes in a document', () => {
  it.each([
    // A client may escape a character that needs no escape.
    [String.raw`"\ud83d\ude00 \uD83D\uDE00"`, String.raw`"\ud83d\ude00 \uD83D\uDE00"`],
    [String.raw`"\ud83d"`, String.raw`"\ufffd"`],
    [String.raw`"\ude00\ud83d"`, String.raw`"\ufffd\ufffd"`],
    [String.raw`"\ud83d\ud83d\ude00"`, String.raw`"\ufffd\ud83d\ude00"`],
    [String.raw`"\u0000"`, String.raw`"\ufffd"`],
    // The backslash is escaped, what follows is text.
    [String.raw`"\\ud83d \\u0000 \\\ud83d"`, String.raw`"\\ud83d \\u0000 \\\ufffd"`],
    [String.raw`"\n\"é"`, String.raw`"\n\"é"`],
  ])('%s become %s', (json, expected) => {
    expect(replaceBadEscapes(json, false)).toBe(expected);
  });

  it('of NUL stay where the database holds it', () => {
    expect(replaceBadEscapes(String.raw`"\u0000\ud83d"`, true)).toBe(String.raw`"\u0000\ufffd"`);
  });
});
