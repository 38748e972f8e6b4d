/**
 * A replay stores nothing twice where the table has a column of identities, also from letters of version 0.1.
 */
import { copyFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { batchOf, defineSchema, t } from '../../dist/src/index.js';
import { sqlite } from '../../dist/src/sinks/sqlite/index.js';
import { Command, folder } from '../fixtures/command.js';
import { directSink } from '../fixtures/direct-sink.js';
import { sql, writeLetters } from '../fixtures/letters.js';

const clicks = defineSchema('clicks', { id: t.int32() });
const rows = Array.from({ length: 5 }, (_, id) => ({ id }));

async function run(cwd: string, ...args: string[]) {
  const command = new Command(['dead-letters', ...args, '--file', 'letters.db'], cwd);
  const code = await command.exit;
  return { code, stdout: command.stdout, stderr: command.stderr };
}
const replay = (cwd: string) =>
  run(cwd, 'replay', '--create', '--sink', 'sqlite:events.db', '--identity-column', 'event_id');
const stored = (cwd: string) => sql(join(cwd, 'events.db'), 'SELECT id FROM clicks ORDER BY id').flat();

describe('dead-letters replay --identity-column', () => {
  test('stores each row once, although its letter stayed, or its flow had stored it', async () => {
    const cwd = folder();
    const letters = join(cwd, 'letters.db');
    const batch = batchOf(clicks, rows);
    const sink = await directSink(
      sqlite({ file: join(cwd, 'events.db'), identityColumn: 'event_id' }),
      clicks,
    );
    await sink.deliver(batch);
    sql(join(cwd, 'events.db'), 'DELETE FROM clicks WHERE id > 1');
    await writeLetters(letters, clicks, rows, {}, undefined, batch);
    copyFileSync(letters, `${letters}.before`);
    expect(await replay(cwd)).toMatchObject({ code: 0, stdout: '5 replayed, 0 failed again\n' });
    expect(stored(cwd)).toEqual([0, 1, 2, 3, 4]);
    // As if the process had died before it deleted the letters.
    copyFileSync(`${letters}.before`, letters);
    expect(await replay(cwd)).toMatchObject({ code: 0 });
    expect(stored(cwd)).toEqual([0, 1, 2, 3, 4]);
  });

  test('takes a file of version 0.1, whose letters have no identity', async () => {
    const cwd = folder();
    const letters = join(cwd, 'letters.db');
    // Two rows that are equal, and were two.
    await writeLetters(letters, clicks, [{ id: 1 }, { id: 1 }]);
    for (const column of ['identity', 'errorReason'])
      sql(letters, `ALTER TABLE dead_letters DROP COLUMN ${column}`);
    expect((await run(cwd, 'list', '--json')).stdout).toContain('"identity":null');
    expect((await run(cwd, 'show', '1')).stdout).toMatch(/identity +none: written by version 0\.1/);
    copyFileSync(letters, `${letters}.before`);
    expect(await replay(cwd)).toMatchObject({ code: 0, stdout: '2 replayed, 0 failed again\n' });
    copyFileSync(`${letters}.before`, letters);
    expect(await replay(cwd)).toMatchObject({ code: 0, stdout: '2 replayed, 0 failed again\n' });
    expect(stored(cwd)).toEqual([1, 1]);
  });

  test('goes on with a file of version 0.1 when its flow starts again', async () => {
    const cwd = folder();
    const letters = join(cwd, 'letters.db');
    await writeLetters(letters, clicks, [{ id: 1 }]);
    sql(letters, 'ALTER TABLE dead_letters DROP COLUMN identity');
    await writeLetters(letters, clicks, [{ id: 2 }]);
    const found = sql(letters, 'SELECT identity IS NULL FROM dead_letters ORDER BY rowid').flat();
    expect(found).toEqual([1, 0]);
    expect(await replay(cwd)).toMatchObject({ code: 0 });
    expect(stored(cwd)).toEqual([1, 2]);
  });
});
