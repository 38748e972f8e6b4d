/**
 * `bench:compare` measures what it names on both sides, and says no more than its pairs show.
 */
import { describe, expect, it } from 'vitest';
import { allMeasures, measurementOf } from '../../dist/bench/compare/measures.js';
import { verdictOf } from '../../dist/bench/compare/verdict.js';
import { measureInChild } from '../../dist/bench/harness/measuring.js';
import { runBench } from './run-bench.js';

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

  it('of an unknown name is refused, with all names', async () => {
    await expect(runBench('compare/main.js', 'HEAD', '--measures', 'push,pigeons')).rejects.toThrow(
      '--measures pigeons: expected some of push, pushMany, pushColumns, ours-rows, ours-columns, ours-any',
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
