/**
 * What a dead letter's JSON looks like on a terminal.
 */
import { describe, expect, test } from 'vitest';
import { indented } from '../../dist/src/cli/dead-letters/letter-text.js';

const nested = (depth: number) => '['.repeat(depth) + ']'.repeat(depth);

describe('JSON in lines', () => {
  test('has those of JSON.stringify, down to 100 levels', () => {
    const wide = JSON.stringify({ a: [1, { b: '{"[' }, []], c: {}, d: null });
    for (const json of [wide, nested(101)]) {
      expect(indented(json)).toBe(JSON.stringify(JSON.parse(json), undefined, 2));
    }
  });

  test('stays one line where it is deeper, however deep', () => {
    // Indented, the latter would take more characters than a text can have.
    for (const depth of [102, 1_000_000]) expect(indented(nested(depth))).toBe(nested(depth));
  });

  test('stays one line where the lines would be longer than any text', () => {
    const depth = 100;
    const json = `${'['.repeat(depth)}${'0,'.repeat(3_000_000)}0${']'.repeat(depth)}`;
    expect(indented(json) === json).toBe(true);
  });
});
