/**
 * A backend of one's own: what is refused before a thread starts.
 */
import { expect, it } from 'vitest';
import { customBackend } from '../../../dist/src/collector/backends/custom/index.js';

const module = new URL('../../fixtures/exporters/last.mjs', import.meta.url);

it('is a module with its options', () => {
  expect(customBackend({ module, options: { file: 'x' }, intervalMs: 50 })).toEqual({
    ...{ exporter: module.href, options: { file: 'x' }, intervalMs: 50 },
  });
});

it.each([
  [{}, 'module'],
  [{ module: './mine.js' }, 'module'],
  [{ module, options: { write() {} } }, 'options'],
  [{ module, intervalMs: 0 }, 'intervalMs'],
  [{ module, name: 'x' }, 'name'],
])('%j: the error names %s', (options, key) => {
  expect(() => customBackend(options as never)).toThrow(expect.objectContaining({ code: 'ERR_CONFIG', key }));
});
