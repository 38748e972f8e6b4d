/**
 * `bench:compare` measures what it names on both sides, and says no more than its pairs show.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { allMeasures, measurementOf } from '../../dist/bench/compare/measures.js';
import { verdictOf } from '../../dist/bench/compare/verdict.js';
import { measureInChild } from '../../dist/bench/harness/measuring.js';
import { runBench } from './run-bench.js';
import { temporaryFolder } from './temporary-folder.js';

describe('a measure', () => {
  const measures = allMeasures(20);

  it.each(measures)('gives its figures: $label', async (measure) => {
    const benches = new URL('../../dist/bench/', import.meta.url);
    const found = await measureInChild(measurementOf(measure, benches));
    expect(found.eventsPerSecond).toBeGreaterThan(0);
    for (const figure of measure.figures.filter((name) => name !== 'nsPerEvent')) {
      expect(found).toHaveProperty(figure);
    }
  });

  it('is found where a revision has it', () => {
    const benches = temporaryFolder();
    const sqlite = measures.find(({ name }) => name === 'sqlite-ours') as (typeof measures)[0];
    expect(() => measurementOf(sqlite, benches)).toThrow('has no sqlite/measure.js or peers/measure.js');
    for (const room of ['peers', 'sqlite']) {
      mkdirSync(new URL(`${room}/`, benches));
      writeFileSync(new URL(`${room}/measure.js`, benches), '');
      expect(measurementOf(sqlite, benches).module.href).toBe(`${benches.href}${room}/measure.js`);
    }
  });

  it('of an unknown name is refused, with all names', async () => {
    await expect(runBench('compare/main.js', 'HEAD', '--measures', 'push,pigeons')).rejects.toThrow(
      '--measures pigeons: expected some of push, pushMany, pushColumns, ours-rows, ours-columns, ours-any, ' +
        'ours-rows-100, ours-columns-100, sqlite-ours',
    );
  });
});

describe('the verdict', () => {
  it('claims nothing that the pairs do not show', () => {
    expect(verdictOf([0.5, 0.5, 0.5, 0.5, 0.5])).toMatchObject({
      words: 'too few pairs',
      interval: undefined,
    });
    expect(verdictOf([0.8, 0.9, 0.85, 0.95, 0.9, 0.99]).words).toBe('less');
    expect(verdictOf([1.8, 1.9, 1.85, 1.95, 1.01, 1.99]).words).toBe('more');
    expect(verdictOf([0.8, 0.9, 0.85, 0.95, 0.9, 1.01]).words).toBe('no difference shown');
    // One stray pair of twelve decides nothing.
    expect(verdictOf([...Array(11).fill(0.9), 5])).toMatchObject({ words: 'less', ratio: 0.9 });
  });
});
