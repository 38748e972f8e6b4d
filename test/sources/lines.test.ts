/**
 * Lines out of parts of bytes, and a frontier of units that end in any order: against plain models.
 */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Line, LineSplitter } from '../../dist/src/sources/lines/line-splitter.js';
import { Frontier, type Step } from '../../dist/src/sources/progress/frontier.js';

const linesOf = (bytes: Buffer, cuts: readonly number[], most = 1000) => {
  const splitter = new LineSplitter(most);
  const lines: Line[] = [];
  let from = 0;
  for (const cut of [...cuts].sort((a, b) => a - b).concat(bytes.length)) {
    const end = Math.min(cut, bytes.length);
    // A reader that fills its buffer again.
    const part = Buffer.from(bytes.subarray(from, end));
    for (const line of splitter.take(part)) lines.push({ ...line, bytes: Buffer.from(line.bytes) });
    from = end;
  }
  lines.push(...splitter.end());
  return lines.map((line) => ({ ...line, bytes: line.bytes.toString() }));
};

describe('a line splitter', () => {
  it('finds the same lines at the same places, however the bytes come in parts', () => {
    const text = fc.string({ unit: fc.constantFrom('a', 'é', '\n', '\r\n', '"'), maxLength: 60 });
    fc.assert(
      fc.property(text, fc.array(fc.nat(80)), (given, cuts) => {
        const bytes = Buffer.from(given);
        const expected: { bytes: string; at: number; isCut: boolean }[] = [];
        let at = 0;
        const parts = given.split('\n');
        for (const [i, part] of parts.entries()) {
          const isLast = i === parts.length - 1;
          if (!isLast || part !== '') expected.push({ bytes: part.replace(/\r$/, ''), at, isCut: false });
          at += Buffer.byteLength(part) + 1;
        }
        expect(linesOf(bytes, cuts)).toEqual(expected);
      }),
    );
  });

  it('keeps the beginning of a line that is too long, and goes on behind it', () => {
    expect(linesOf(Buffer.from('aaaaaaaa\nbb\ncccc'), [3, 6], 4)).toEqual([
      { bytes: 'aaaa', at: 0, isCut: true },
      { bytes: 'bb', at: 9, isCut: false },
      { bytes: 'cccc', at: 12, isCut: false },
    ]);
  });
});

describe('a frontier', () => {
  it('moves to where all before have ended, in whatever order they end', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 3000 }), fc.infiniteStream(fc.nat()), (count, random) => {
        const frontier = new Frontier<number>();
        const steps: Step<number>[] = [];
        const ended = new Set<number>();
        const waiting: number[] = [];
        let position = 0;
        for (let n = 0; n < count; n++) {
          steps.push(frontier.add(n + 1));
          waiting.push(n);
          const place = (random.next().value as number) % waiting.length;
          const [i] = waiting.splice(place, 1) as [number];
          ended.add(i);
          while (ended.has(position)) position++;
          const moved = frontier.end([steps[i] as Step<number>]);
          if (moved !== undefined) expect(moved).toBe(position);
        }
        expect(position).toBe(count);
      }),
      { numRuns: 30 },
    );
  });

  it('says nothing where the first unit has not ended', () => {
    const frontier = new Frontier<string>();
    const [first, second] = [frontier.add('a'), frontier.add('b')];
    expect(frontier.end([second])).toBeUndefined();
    expect(frontier.end([first])).toBe('b');
  });
});
