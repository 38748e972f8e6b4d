/**
 * Rows that the target had already: committed for everybody that waits, and counted apart.
 */
import { expect, onTestFinished, test } from 'vitest';
import { createBatchFlow } from '../../../dist/src/index.js';
import type { FlushInfo } from '../../../dist/src/metrics/read/flush-info.js';
import { Event, events, scriptedFlow } from '../../fixtures/script.js';
import { until } from '../../fixtures/until.js';

const fast = { maxAttempts: 3, backoffMs: 1, maxBackoffMs: 2 };

test('skipped rows are committed, and every sum adds up, with failures and halves beside them', async () => {
  const { flow } = await scriptedFlow(
    ({ rows, store }) => {
      // Row 3 never passes; even rows are there already, but for those of row 3's own batch at its first attempt.
      if (rows.length === 8 && rows.some(({ i }) => i === 3)) throw new Error('halve');
      const bad = rows.findIndex(({ i }) => i === 3);
      store(rows.filter(({ i }) => i !== 3));
      const skipped = rows.filter(({ i }) => i % 2 === 0).length;
      return { failed: bad < 0 ? [] : [{ index: bad, error: new Error('never') }], skipped };
    },
    { retry: { ...fast, classify: () => 'fatal' } },
  );
  const flushes: FlushInfo[] = [];
  flow.on('flush', (info) => flushes.push(info));
  flow.on('flushError', () => {});
  flow.pushMany(events(20));
  await expect(flow.committed()).rejects.toMatchObject({ rows: 1 });
  await until(() => flushes.length === 3, 'the last flush');
  const stats = flow.stats();
  expect(stats).toMatchObject({ accepted: 20, committed: 19, duplicatesAtTarget: 10, pending: 0 });
  expect(stats.dropped).toEqual({ failed: 1 });
  expect(flushes.reduce((sum, { skipped }) => sum + skipped, 0)).toBe(10);
});

test('a caller that waits for a row which was there already is answered', async () => {
  const { flow } = await scriptedFlow(({ rows }) => ({ skipped: rows.length }));
  await Promise.all(events(5).map((event) => flow.write(event)));
  expect(flow.stats()).toMatchObject({ committed: 5, duplicatesAtTarget: 5 });
});

test('onBatch may say so, too', async () => {
  const flow = await createBatchFlow({ schema: Event, onBatch: ({ length }) => ({ skipped: length - 1 }) });
  onTestFinished(async () => void (await flow.destroy().catch(() => {})));
  flow.pushMany(events(4));
  await flow.committed();
  expect(flow.stats()).toMatchObject({ committed: 4, duplicatesAtTarget: 3 });
});

test.each(['-1', '9', '1.5', '"all"', 'null', '{}'])(
  '%s skipped rows of 8 make no sense',
  async (skipped) => {
    const { flow, sink } = await scriptedFlow(new Function('', `return { skipped: ${skipped} };`) as never);
    flow.on('flushError', () => {});
    flow.pushMany(events(8));
    await expect(flow.committed()).rejects.toThrow(/makes no sense: skipped/);
    expect(sink.writes).toBe(1);
    expect(flow.stats()).toMatchObject({ committed: 0, duplicatesAtTarget: 0, dropped: { failed: 8 } });
  },
);

test('rows that have failed are not among the skipped', async () => {
  const { flow } = await scriptedFlow(() => ({ failed: [{ index: 0, error: new Error('no') }], skipped: 8 }));
  flow.on('flushError', () => {});
  flow.pushMany(events(8));
  await expect(flow.committed()).rejects.toThrow(/from 0 to 7/);
});
