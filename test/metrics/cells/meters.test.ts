/**
 * What sinks say that they make of batches: wrong words of one change no other number.
 */
import { expect, test } from 'vitest';
import { createMeterMemory, FlusherMeters, MeterReader } from '../../../dist/src/metrics/cells/meters.js';

test('what is no count, or of no known strategy, is left out and counts as nothing else', () => {
  const memory = createMeterMemory(1, 1, 1);
  const [meters] = FlusherMeters.of(memory, 1, 0, 1);
  const reader = new MeterReader([{ memory, producers: 1, flushers: 1 }], 1, false);
  const before = reader.flushers();
  const items = { inputItems: 3, outputItems: 2, args: 4 };
  meters?.generated({ ...items, deduplicated: { strategy: 'merge' as never, rows: 1 } });
  meters?.generated({ ...items, deduplicated: { strategy: 'update', rows: Number.NaN } });
  meters?.generated({ ...items, inputItems: -3 });
  meters?.generated({ ...items, outputItems: '2' as never });
  expect(reader.flushers()).toEqual(before);
  meters?.generated({ ...items, deduplicated: { strategy: 'update', rows: 1 } });
  const { operationInput, operationArgs, deduplicated } = reader.flushers();
  expect([operationInput.sum, operationArgs.sum, deduplicated.update]).toEqual([3, 4, 1]);
});
