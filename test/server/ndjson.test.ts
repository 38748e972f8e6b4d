/**
 * Lines out of chunks: wherever the borders fall, the lines are the same.
 */
import fc from 'fast-check';
import { describe, expect, onTestFinished, test } from 'vitest';
import { LineSplitter } from '../../dist/src/server/ndjson.js';

const unlimited = { hold: () => {} };

/** The lines that have come so far. */
function linesAtHand(splitter: LineSplitter): [number, string][] {
  const found: [number, string][] = [];
  while (splitter.next()) {
    const { line, fault, text, start, end } = splitter;
    found.push([line, fault?.code ?? text.slice(start, end)]);
  }
  return found;
}

function linesOf(chunks: readonly Uint8Array[], maxLineBytes = 1000): [number, string][] {
  const splitter = new LineSplitter(maxLineBytes, unlimited);
  const found = chunks.flatMap((chunk) => {
    splitter.add(Buffer.from(chunk));
    return linesAtHand(splitter);
  });
  splitter.finish();
  return [...found, ...linesAtHand(splitter)];
}

/** The same bytes in pieces that end at these places. */
function cut(bytes: Buffer, places: readonly number[]): Buffer[] {
  const ends = [...new Set(places.map((place) => place % (bytes.length + 1))), bytes.length].sort(
    (a, b) => a - b,
  );
  return ends.map((end, i) => bytes.subarray(i === 0 ? 0 : ends[i - 1], end));
}

describe('a line', () => {
  test('ends with LF or CRLF, or with the stream; blank ones count and are skipped', () => {
    const text = 'a\r\n\r\n  \nb\n\nc';
    expect(linesOf([Buffer.from(text)])).toEqual([
      [1, 'a'],
      [4, 'b'],
      [6, 'c'],
    ]);
    expect(linesOf([Buffer.from(`${text}\n`)])).toEqual([
      [1, 'a'],
      [4, 'b'],
      [6, 'c'],
    ]);
    expect(linesOf([])).toEqual([]);
    expect(linesOf([Buffer.from('\n')])).toEqual([]);
  });

  test('may begin with a byte order mark', () => {
    expect(linesOf([Buffer.from('\ufeff{}\n{}')])).toEqual([
      [1, '{}'],
      [2, '{}'],
    ]);
  });

  test('keeps its characters when a border cuts them', () => {
    const bytes = Buffer.from('"añ€😀"\n"中文"\r\n\n"é"');
    const whole = [
      [1, '"añ€😀"'],
      [2, '"中文"'],
      [4, '"é"'],
    ];
    for (let i = 0; i <= bytes.length; i++) {
      for (let j = i; j <= bytes.length; j++) expect(linesOf(cut(bytes, [i, j]))).toEqual(whole);
    }
  });

  test('is the same wherever chunks end', () => {
    const content = fc.array(
      fc.oneof(fc.string({ unit: 'grapheme' }), fc.constantFrom('\n', '\r\n', '\n\n', 'x'.repeat(30))),
    );
    fc.assert(
      fc.property(content, fc.array(fc.nat(500)), fc.integer({ min: 1, max: 40 }), (parts, places, max) => {
        const bytes = Buffer.from(parts.join(''));
        const expected = bytes
          .toString('utf8')
          .split('\n')
          .map((line, i): [number, string] => [
            i + 1,
            Buffer.byteLength(line) > max ? 'line_too_long' : line.trim(),
          ])
          .filter(([, line]) => line !== '');
        expect(linesOf(cut(bytes, places), max)).toEqual(expected);
      }),
      { numRuns: 1000 },
    );
  });

  test('that is not UTF-8 is bad alone', () => {
    const bytes = Buffer.concat([
      Buffer.from('a\n\n'),
      Buffer.from([0xff, 0xfe, 0x0a]),
      Buffer.from('é\n'),
      Buffer.from([0xc3]),
    ]);
    const expected = [
      [1, 'a'],
      [3, 'invalid_utf8'],
      [4, 'é'],
      [5, 'invalid_utf8'],
    ];
    for (let i = 0; i <= bytes.length; i++) expect(linesOf(cut(bytes, [i]))).toEqual(expected);
  });

  test('that is too long is let go, and the next one is read', () => {
    const bytes = Buffer.from(`${'x'.repeat(11)}\n${'y'.repeat(10)}\n${'€'.repeat(4)}\nz\n${'w'.repeat(20)}`);
    const expected = [
      [1, 'line_too_long'],
      [2, 'y'.repeat(10)],
      [3, 'line_too_long'],
      [4, 'z'],
      [5, 'line_too_long'],
    ];
    for (let i = 0; i <= bytes.length; i++) expect(linesOf(cut(bytes, [i]), 10)).toEqual(expected);
  });
});

/** Bytes that buffers copy, search or decode from now on, until the test ends. */
function touchedBytes(): () => number {
  const { copy, indexOf, lastIndexOf, toString: decode } = Buffer.prototype;
  const { set } = Uint8Array.prototype;
  const { concat } = Buffer;
  let touched = 0;
  const counted = <A extends unknown[], R>(
    call: (...values: A) => R,
    bytes: (by: Buffer, result: R) => number,
  ) =>
    function count(this: Buffer, ...values: A): R {
      const result = call.apply(this, values);
      touched += bytes(this, result);
      return result;
    };
  Buffer.prototype.copy = counted(copy, (_, copied) => Number(copied));
  Buffer.prototype.indexOf = counted(indexOf, ({ length }) => length);
  Buffer.prototype.lastIndexOf = counted(lastIndexOf, ({ length }) => length);
  Buffer.prototype.toString = counted(decode, ({ length }) => length);
  Uint8Array.prototype.set = counted(set, ({ length }) => length);
  Buffer.concat = counted(concat, (_, { length }) => length);
  onTestFinished(() => {
    Object.assign(Buffer.prototype, { copy, indexOf, lastIndexOf, toString: decode });
    Uint8Array.prototype.set = set;
    Buffer.concat = concat;
  });
  return () => touched;
}

test('a long line that comes byte by byte takes work and memory in proportion to its length', () => {
  const length = 200_000;
  const byte = Buffer.from('x');
  let mostHeld = 0;
  const hold = (bytes: number) => {
    mostHeld = Math.max(mostHeld, bytes);
  };
  const splitter = new LineSplitter(8_000_000, { hold });
  const touched = touchedBytes();
  for (let i = 0; i < length; i++) {
    splitter.add(byte);
    if (splitter.next()) throw new Error('a line without an end');
  }
  splitter.add(Buffer.from('\n'));
  expect(linesAtHand(splitter)).toEqual([[1, 'x'.repeat(length)]]);
  // Searched, held, copied as the buffer doubles, decoded. Copying at each byte would take 100,000 times the length.
  expect(touched()).toBeLessThan(8 * length);
  expect(mostHeld).toBeLessThanOrEqual(2 * length);
});
