/**
 * The label dictionary: bounded, shared, and right under contention.
 */
import { once } from 'node:events';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { Worker } from 'node:worker_threads';
import fc from 'fast-check';
import { describe, expect, it, onTestFinished } from 'vitest';
import {
  createLabelMemory,
  LabelDictionary,
  type LabelMemory,
} from '../../../dist/src/schema/block/label-dictionary.js';
import { meanwhile } from '../../fixtures/meanwhile.js';

const labels = (count: number, prefix = 'label') => Array.from({ length: count }, (_, i) => `${prefix} ${i}`);
const fresh = (maxLabels: number) => new LabelDictionary(createLabelMemory(maxLabels));

/** A dictionary, and what each thread adds to it. */
interface Round {
  readonly memory: LabelMemory;
  readonly threads: readonly [string[], string[]];
}

/** Add labels in two threads that start each round together. @returns each round's ids, by thread */
async function addAtOnce(rounds: readonly Round[]): Promise<number[][][]> {
  const gate = new SharedArrayBuffer(4);
  const answers = [0, 1].map(async (k) => {
    const worker = new Worker(new URL('../../fixtures/label-thread.mjs', import.meta.url), {
      workerData: {
        rounds: rounds.map(({ memory, threads }) => ({ memory, labels: threads[k] })),
        threads: 2,
        gate,
      },
    });
    onTestFinished(async () => void (await worker.terminate()));
    const [ids] = (await once(worker, 'message')) as [number[][]];
    return ids;
  });
  const byThread = await Promise.all(answers);
  return rounds.map((_, round) => byThread.map((ids) => ids[round] as number[]));
}

describe('a label dictionary', () => {
  it('gives each text one id, from 0 on, and the text back for the id', () => {
    const dictionary = fresh(100);
    const ids = labels(100).map((label) => dictionary.idOf(label));
    expect(ids).toEqual(labels(100).map((_, i) => i));
    expect(labels(100).map((label) => dictionary.idOf(label))).toEqual(ids);
    expect(ids.map((id) => dictionary.textOf(id))).toEqual(labels(100));
  });

  it('gives any text back as it was, empty ones and lone surrogates included', () => {
    fc.assert(
      fc.property(fc.array(fc.array(fc.integer({ min: 0, max: 0xffff }), { maxLength: 40 })), (units) => {
        const texts = ['', ...units.map((codes) => String.fromCharCode(...codes))];
        const memory = createLabelMemory(texts.length * 2);
        const writer = new LabelDictionary(memory);
        const ids = texts.map((text) => writer.idOf(text));
        const reader = new LabelDictionary(memory);
        expect(ids.map((id) => reader.textOf(id))).toEqual(texts);
      }),
    );
  });

  it('keeps labels apart that share their length and their last two characters', () => {
    const dictionary = fresh(100);
    const all = Array.from({ length: 26 }, (_, i) => `${String.fromCharCode(0x61 + i)}-end`);
    const ids = all.map((_, i) => i);
    for (let round = 0; round < 3; round++) {
      expect(all.map((label) => dictionary.idOf(label))).toEqual(ids);
      // The same one again and again, after another.
      expect(['a-end', 'b-end', 'b-end', 'a-end'].map((label) => dictionary.idOf(label))).toEqual([
        0, 1, 1, 0,
      ]);
    }
    expect(ids.map((id) => dictionary.textOf(id))).toEqual(all);
  });

  it('knows a label again when a like one found no place', () => {
    const dictionary = fresh(1);
    expect(['a-end', 'b-end', 'a-end', 'b-end'].map((label) => dictionary.idOf(label))).toEqual([
      0, -1, 0, -1,
    ]);
  });

  it('is bounded by the number of labels: a new text past the bound gets -1, a known one its id', () => {
    const dictionary = fresh(10);
    const all = labels(30);
    expect(all.map((label) => dictionary.idOf(label))).toEqual(all.map((_, i) => (i < 10 ? i : -1)));
    expect(dictionary.idOf('label 9')).toBe(9);
    expect(dictionary.idOf('label 10')).toBe(-1);
    expect(dictionary.idOf('')).toBe(-1);
  });

  it('is bounded by the texts’ length: what has no room gets -1, what has room an id', () => {
    // Room for 4 × 32 units.
    const dictionary = fresh(4);
    expect(dictionary.idOf('a'.repeat(100))).toBe(0);
    expect(dictionary.idOf('b'.repeat(29))).toBe(-1);
    expect(dictionary.idOf('c'.repeat(28))).toBe(1);
    expect(dictionary.idOf('d')).toBe(-1);
    expect(dictionary.idOf('')).toBe(2);
    expect([0, 1, 2].map((id) => dictionary.textOf(id))).toEqual(['a'.repeat(100), 'c'.repeat(28), '']);
  });

  it('does not take texts of more than 256 units', () => {
    const dictionary = fresh(100);
    expect(dictionary.idOf('x'.repeat(257))).toBe(-1);
    expect(dictionary.idOf('x'.repeat(256))).toBe(0);
    expect(dictionary.textOf(0)).toBe('x'.repeat(256));
  });

  it('takes a longer text when told to, though it had refused it', () => {
    const dictionary = fresh(100);
    expect(dictionary.idOf('x'.repeat(257))).toBe(-1);
    expect(dictionary.idOf('x'.repeat(257), 2048)).toBe(0);
    expect(dictionary.idOf('x'.repeat(2049), 2048)).toBe(-1);
    expect(dictionary.textOf(0)).toBe('x'.repeat(257));
  });

  it('keeps nothing of the texts past its bound', () => {
    setFlagsFromString('--expose-gc');
    const gc: () => void = runInNewContext('gc');
    const dictionary = fresh(10);
    const push = (from: number) => {
      for (let i = from; i < from + 100_000; i++) dictionary.idOf(`${i} ${'x'.repeat(200)}`);
    };
    for (const label of labels(10)) dictionary.idOf(label);
    push(0);
    gc();
    const before = process.memoryUsage().heapUsed;
    push(100_000);
    gc();
    // If it kept them, 100,000 texts and their places in a Map would be more than 20 MB.
    expect(process.memoryUsage().heapUsed - before).toBeLessThan(5e6);
    // It was alive until here.
    expect(dictionary.idOf('one too many')).toBe(-1);
  });

  it('shares its labels with every other one over the same memory', () => {
    const memory = createLabelMemory(20);
    const one = new LabelDictionary(memory);
    const other = new LabelDictionary(memory);
    for (let i = 0; i < 20; i++) {
      const [adds, finds] = i % 2 === 0 ? [one, other] : [other, one];
      expect(adds.idOf(`label ${i}`)).toBe(i);
      expect(finds.idOf(`label ${i}`)).toBe(i);
      expect(finds.textOf(i)).toBe(`label ${i}`);
    }
    expect(one.idOf('one too many')).toBe(-1);
    expect(other.idOf('one too many')).toBe(-1);
  });

  it('passes over an entry that another thread is still writing', () => {
    const memory = createLabelMemory(10);
    const dictionary = new LabelDictionary(memory);
    dictionary.idOf('before');
    // What is seen between the reservation of an id and the store of its length: one more in the count.
    new Int32Array(memory.buffer)[0] = 2;
    const other = new LabelDictionary(memory);
    expect(['', 'after', '', 'before'].map((label) => other.idOf(label))).toEqual([2, 3, 2, 0]);
  });

  it('stays within its texts when another thread takes the rest of their place in the same moment', () => {
    // Room for 2 × 32 units; the number of those that are taken is the second word.
    const memory = createLabelMemory(2);
    const one = new LabelDictionary(memory);
    const other = new LabelDictionary(memory);
    const add = () => expect(other.idOf('b'.repeat(40))).toBe(0);
    expect(meanwhile('add', 1, add, () => one.idOf('a'.repeat(40)))).toBe(-1);
    // The place is lost, and nothing else.
    expect([one.idOf('b'.repeat(40)), one.textOf(0), one.idOf('c')]).toEqual([0, 'b'.repeat(40), -1]);
    expect(new Int32Array(memory.buffer)[0]).toBe(1);
  });

  it('does not use up the number of its units with texts that have no place', () => {
    const memory = createLabelMemory(1);
    const dictionary = new LabelDictionary(memory);
    for (let i = 0; i < 10; i++) expect(dictionary.idOf('a'.repeat(33))).toBe(-1);
    expect(new Int32Array(memory.buffer)[1]).toBe(0);
    expect(dictionary.idOf('a'.repeat(32))).toBe(0);
  });

  it('stays within its entries when another thread takes the last one in the same moment', () => {
    const memory = createLabelMemory(1);
    const one = new LabelDictionary(memory);
    const other = new LabelDictionary(memory);
    expect(
      meanwhile(
        'add',
        0,
        () => expect(other.idOf('b')).toBe(0),
        () => one.idOf('a'),
      ),
    ).toBe(-1);
    expect([one.idOf('b'), one.textOf(0), one.idOf('a')]).toEqual([0, 'b', -1]);
  });

  it('shows an entry with its place, whenever another thread looks', () => {
    for (const word of [2, 3]) {
      const memory = createLabelMemory(4);
      const one = new LabelDictionary(memory);
      const other = new LabelDictionary(memory);
      one.idOf('before');
      const look = () => expect(other.idOf('after')).not.toBe(1);
      meanwhile('store', 2 + word, look, () => one.idOf('after'));
      expect([1, 2].map((id) => one.textOf(id))).toEqual(['after', 'after']);
    }
  });

  it('gives ids that resolve when two threads add the same labels at the same time', async () => {
    const given = labels(5000);
    const rounds = Array.from({ length: 5 }, (): Round => {
      return { memory: createLabelMemory(20_000), threads: [given, given] };
    });
    for (const [round, threads] of (await addAtOnce(rounds)).entries()) {
      const reader = new LabelDictionary(rounds[round]?.memory as LabelMemory);
      for (const ids of threads) {
        expect(Math.min(...ids)).toBeGreaterThanOrEqual(0);
        expect(ids.map((id) => reader.textOf(id))).toEqual(given);
      }
      // A later dictionary agrees with one of the two on each label.
      given.forEach((label, i) => {
        expect(threads.map((ids) => ids[i])).toContain(reader.idOf(label));
      });
    }
  });

  it('gives different labels different ids when two threads add them at the same time', async () => {
    const threads: Round['threads'] = [labels(4000, 'one'), labels(4000, 'the other')];
    const memory = createLabelMemory(8000);
    const [ids] = (await addAtOnce([{ memory, threads }])) as [number[][]];
    expect(ids.flat().sort((a, b) => a - b)).toEqual(labels(8000).map((_, i) => i));
    const reader = new LabelDictionary(memory);
    expect(ids.map((own) => own.map((id) => reader.textOf(id)))).toEqual(threads);
  });

  it('stays within its bound when two threads run into it at the same time', async () => {
    // Small ones, many times: the bound is where the threads meet.
    const rounds = Array.from({ length: 2000 }, (_, n): Round => {
      const threads: Round['threads'] = [labels(8, 'one'), labels(8, 'the other')];
      return { memory: createLabelMemory(1 + (n % 8)), threads };
    });
    for (const [round, threads] of (await addAtOnce(rounds)).entries()) {
      const { memory, threads: given } = rounds[round] as Round;
      const reader = new LabelDictionary(memory);
      const used = threads.flatMap((ids, k) =>
        ids.flatMap((id, i) => {
          if (id < 0) return [];
          expect(reader.textOf(id)).toBe(given[k]?.[i]);
          return [id];
        }),
      );
      expect(used.sort((a, b) => a - b)).toEqual(labels(memory.maxLabels).map((_, i) => i));
      expect(reader.idOf('one too many')).toBe(-1);
    }
  });
});
