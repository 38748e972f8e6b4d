/**
 * The tool of `npm run damages`: which damages it makes, and that its lists still fit the sources.
 */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { chosen } from './chosen/index.js';
import { chosenDamages } from './chosen-damages.js';
import { type Damage, damaged, oneLine } from './damage.js';
import { compiled, sourcesOf } from './damaged-copy.js';
import { type Equivalent, equivalents } from './equivalents.js';
import { findDamages } from './find-damages.js';
import { markOf, staleMarks } from './marks.js';
import { rooms } from './random-damages.js';
import { shareFound, type Tried, tableOf, type Verdict } from './report.js';
import { TestTable } from './tests-of.js';

const root = fileURLToPath(new URL('../..', import.meta.url));

const sample = `
import { a } from './a.js';
class Slots extends Base {
  constructor(words: Int32Array) {
    super();
    this.words = words;
    this.count = 0;
  }
  free(slot: number): number {
    Atomics.store(this.words, slot, 0);
    this.words[slot + 1] = a;
    if (slot < this.count && !a) return slot;
    for (const one of a) visit(one);
    const put = () => {
      throw new Error('full');
    };
    return put(slot > 0 ? 1 : 2);
  }
}
`;

describe('damages', () => {
  const found = findDamages('src/slots.ts', sample).map(({ kind, within, before, after }) =>
    [kind, within, oneLine(before), oneLine(after)].join(' | '),
  );

  test('drop a statement, but no declaration, and no call of the base class', () => {
    expect(found.filter((each) => each.startsWith('drop'))).toEqual([
      'drop | Slots.constructor | this.words = words; | ;',
      'drop | Slots.constructor | this.count = 0; | ;',
      'drop | Slots.free | Atomics.store(this.words, slot, 0); | ;',
      'drop | Slots.free | this.words[slot + 1] = a; | ;',
      'drop | Slots.free | if (slot < this.count && !a) return slot; | ;',
      'drop | Slots.free | return slot; | ;',
      'drop | Slots.free | for (const one of a) visit(one); | ;',
      'drop | Slots.free | visit(one); | ;',
      "drop | Slots.free.put | throw new Error('full'); | ;",
      'drop | Slots.free | return put(slot > 0 ? 1 : 2); | ;',
    ]);
  });

  test('negate a condition', () => {
    expect(found.filter((each) => each.startsWith('negate'))).toEqual([
      'negate | Slots.free | slot < this.count && !a | !(slot < this.count && !a)',
      'negate | Slots.free | slot > 0 | !(slot > 0)',
    ]);
  });

  test('shift a bound', () => {
    expect(found.filter((each) => each.startsWith('shift'))).toEqual([
      'shift | Slots.free | slot + 1 | slot',
      'shift | Slots.free | slot < this.count | slot <= this.count',
      'shift | Slots.free | slot > 0 | slot >= 0',
    ]);
  });

  test('swap two stores, but not two fields of an object that is being made', () => {
    expect(found.filter((each) => each.startsWith('swap'))).toEqual([
      'swap | Slots.free | Atomics.store(this.words, slot, 0); this.words[slot + 1] = a; | ' +
        'this.words[slot + 1] = a; Atomics.store(this.words, slot, 0);',
    ]);
  });

  test('are put into the text, which compiles', () => {
    for (const damage of findDamages('src/slots.ts', sample)) {
      const { outputText, diagnostics } = compiled(damaged(sample, damage), damage.file);
      expect(diagnostics?.map(({ messageText }) => messageText)).toEqual([]);
      expect(outputText).not.toBe(compiled(sample, damage.file).outputText);
    }
  });
});

describe('the chosen damages', () => {
  const all = chosenDamages(root);

  test('are many, and none is there twice', () => {
    expect(chosen.length).toBeGreaterThanOrEqual(60);
    expect(new Set(chosen.map(({ file, find, put }) => `${file} ${find} ${put}`)).size).toBe(chosen.length);
  });

  test.each(all)('compile: $file, $before', (damage) => {
    const text = readFileSync(join(root, damage.file), 'utf8');
    const { diagnostics } = compiled(damaged(text, damage), damage.file);
    expect(diagnostics?.map(({ messageText }) => messageText)).toEqual([]);
  });

  test('are in the file exactly once', () => {
    const file = 'src/ring/parking.ts';
    for (const find of ['wake', 'not there'])
      expect(() => chosenDamages(root, [], [{ file, find, put: '', why: '' }])).toThrow(
        /src\/ring\/parking.ts has this \d+ times: /,
      );
  });
});

describe('marks of equivalent damages', () => {
  const file = 'src/ring/parking.ts';
  const [damage] = findDamages(file, readFileSync(join(root, file), 'utf8')) as [Damage];
  const mark = {
    ...{ file, within: damage.within, kind: damage.kind as Equivalent['kind'], reason: 'none' },
    ...{ before: oneLine(damage.before), after: oneLine(damage.after) },
  };

  test('fit the sources, and each has a reason', () => {
    expect(staleMarks(root)).toEqual([]);
    for (const { reason } of equivalents) expect(reason).toMatch(/^[A-Z].{15,}\.$/);
  });

  test('are found by file, place, kind and text', () => {
    expect(markOf(damage, [mark])).toBe(mark);
    for (const other of [
      { file: 'src/ring/layout.ts' },
      { within: 'x' },
      { kind: 'shift' as const },
      { before: 'x' },
    ])
      expect(markOf(damage, [{ ...mark, ...other }])).toBeUndefined();
  });

  test('that fit nothing any more are found', () => {
    const old = { ...mark, before: 'gone' };
    expect(staleMarks(root, [mark, old])).toEqual([old]);
  });
});

test('each file that is damaged has tests, and all of them are there', () => {
  const table = new TestTable(root);
  const files = sourcesOf(root).filter((file) => rooms.some((room) => file.startsWith(`src/${room}/`)));
  for (const file of new Set([...files, ...chosen.map((each) => each.file)])) {
    const tests = table.of(file);
    expect(tests, file).not.toEqual([]);
    for (const name of tests) expect(existsSync(join(root, name)), name).toBe(true);
  }
});

test('tests of the same name come first', () => {
  expect(new TestTable(root).of('src/flow/producer/room.ts')[0]).toBe('test/flow/producer/room.test.ts');
});

test('the table counts equivalent damages by themselves', () => {
  const tried = (verdict: Verdict, file: string) => ({ damage: { file }, verdict }) as Tried;
  const all = [
    tried('found', 'src/ring/a.ts'),
    tried('hung', 'src/ring/a.ts'),
    tried('survived', 'src/ring/b.ts'),
    tried('doubtful', 'src/flow/producer/c.ts'),
    tried('equivalent', 'src/flow/d.ts'),
  ];
  expect(shareFound(all)).toBe(0.5);
  expect(tableOf(all).replace(/ +/g, ' ')).toBe(`room tried found hung survived doubtful equivalent
flow 2 0 0 0 1 1 0.0 %
ring 3 1 1 1 0 0 66.7 %
all 5 1 1 1 1 1 50.0 %`);
});
