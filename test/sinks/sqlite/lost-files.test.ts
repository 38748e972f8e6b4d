/**
 * A SQLite file whose parts are taken away while a flow writes to it: attempts in vain leave nothing behind, so a row
 * is never in the file and among the dead letters, nor in the file once for each attempt.
 */
import { mkdtempSync, renameSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { createBatchFlow, defineSchema, t } from '../../../dist/src/index.js';
import { sqlite } from '../../../dist/src/sinks/sqlite/index.js';
import { sql } from '../../fixtures/letters.js';
import { until } from '../../fixtures/until.js';

const Key = defineSchema('k', { id: t.int32() });
const retry = { maxAttempts: 8, backoffMs: 1, maxBackoffMs: 2 };

let file: string;
beforeEach(() => {
  const folder = mkdtempSync(join(tmpdir(), 'lost-files-'));
  file = join(folder, 'events.db');
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
});

/** A flow that has committed row 0 to the file. */
async function started(settings: object = {}) {
  const flow = await createBatchFlow({
    schema: Key,
    sink: sqlite({ file }),
    flushIntervalMs: 1,
    retry,
    circuit: false,
    ...settings,
  });
  onTestFinished(async () => void (await flow.destroy().catch(() => {})));
  flow.on('flushError', () => {});
  flow.push({ id: 0 });
  await flow.committed();
  return flow;
}

const stored = () => sql(file, 'SELECT id FROM k ORDER BY id').flat();
const letters = () => sql(join(file, '../events.dead-letters.db'), 'SELECT row FROM dead_letters').flat();

// Elsewhere an open file can be neither deleted nor moved.
describe.skipIf(process.platform === 'win32')('while a flow writes to the file', () => {
  it.each(['-wal', '-shm'])('the deletion of its %s costs no row and adds none', async (end) => {
    const flow = await started();
    rmSync(file + end);
    flow.push({ id: 1 });
    await expect(flow.committed()).rejects.toThrow(`events.db${end} was deleted or replaced`);
    expect(flow.stats()).toMatchObject({ committed: 1, deadLettered: 1, retries: 7 });
    // SQLite copies what the deleted log holds into the database.
    await flow.close();
    expect(stored()).toEqual([0]);
    expect(letters()).toEqual(['{"id":1}']);
  });

  it.each(['', '-wal', '-shm'])(
    '"events.db%s" is moved away and comes back: each row is there once',
    async (end) => {
      const flow = await started({ retry: { ...retry, maxAttempts: 1000 } });
      renameSync(file + end, `${file}.away`);
      flow.push({ id: 1 });
      await until(() => flow.stats().retries >= 9, 'nine attempts in vain');
      renameSync(`${file}.away`, file + end);
      await flow.committed();
      flow.push({ id: 2 });
      await flow.committed();
      await flow.close();
      expect(stored()).toEqual([0, 1, 2]);
      expect(flow.stats()).toMatchObject({ committed: 3, deadLettered: 0 });
    },
  );
});
