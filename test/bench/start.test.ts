/**
 * The bench of imports imports what it names. How long that takes is not looked at.
 */
import { expect, it } from 'vitest';
import { measure } from '../../dist/bench/start/measure.js';

it('gives the time of an import, and fails where there is nothing to import', async () => {
  const module = new URL('../../dist/src/errors.js', import.meta.url).href;
  expect((await measure({ module })).importMs).toBeGreaterThan(0);
  await expect(measure({ module: `${module}.none` })).rejects.toThrow('none');
});
