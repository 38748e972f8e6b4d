/**
 * `bench:compare` says no more than its pairs show.
 */
import { describe, expect, it } from 'vitest';
import { verdictOf } from '../../dist/bench/compare/verdict.js';

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
