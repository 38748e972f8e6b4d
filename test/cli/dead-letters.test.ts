/**
 * `batchflow dead-letters` as users run it, on real files.
 */
import { existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { type StoredLetter, withLetters } from '../../dist/src/cli/dead-letters/letter-file.js';
import { refusedInputSchema } from '../../dist/src/flow/delivery/dead-letter.js';
import { JsonText } from '../../dist/src/schema/codec/json-text.js';
import { t } from '../../dist/src/schema/columns/columns.js';
import { anySchema, defineSchema } from '../../dist/src/schema/columns/schema.js';
import { Command, folder } from '../fixtures/command.js';
import { sql, writeLetters } from '../fixtures/letters.js';
import { until } from '../fixtures/until.js';

const clicks = defineSchema('clicks', { id: t.int32(), path: t.string() });
const views = defineSchema('views', { id: t.int32(), big: t.bigint64().optional() });

const click = (id: number) => ({ id, path: `/${id}` });
const numbers = (length: number) => Array.from({ length }, (_, i) => i + 1);

interface Ended {
  code: number | string | null;
  stdout: string;
  stderr: string;
}

/** `batchflow dead-letters …` on `letters.db` of this folder. */
async function run(cwd: string, ...args: string[]): Promise<Ended> {
  const command = new Command(['dead-letters', ...args, '--file', 'letters.db'], cwd);
  const code = await command.exit;
  return { code, stdout: command.stdout, stderr: command.stderr };
}

const replay = (cwd: string, ...args: string[]) =>
  run(cwd, 'replay', '--create', '--sink', 'sqlite:events.db', ...args);

/** A folder with five letters: 1 to 3 of clicks, 4 and 5 of views. */
async function fiveLetters() {
  const cwd = folder();
  const letters = join(cwd, 'letters.db');
  await writeLetters(letters, clicks, [click(1), click(2), click(3)]);
  const later = { reason: 'retries', error: { message: 'timeout' }, failedAt: Date.UTC(2026, 1, 1) } as const;
  await writeLetters(letters, views, [{ id: 4, big: 2n ** 62n }, { id: 5 }], later);
  return { cwd, letters, events: join(cwd, 'events.db') };
}

/** A value as it came by HTTP. */
const asJson = (text: string) => new JsonText(text) as never;

/** A folder with one letter, whose row has more digits than `JSON.parse` keeps. */
async function longNumbers() {
  const cwd = folder();
  const schema = defineSchema('long', { id: t.int32(), data: t.json() });
  const data = asJson('{"id":12345678901234567890,"none":[],"a":[0.10,"[1, 2]"]}');
  await writeLetters(join(cwd, 'letters.db'), schema, [{ id: 1, data }]);
  return { cwd, events: join(cwd, 'events.db') };
}

const ids = (letters: string) => sql(letters, 'SELECT rowid FROM dead_letters ORDER BY rowid').flat();

describe('list', () => {
  test('shows the newest letters first, and counts all', async () => {
    const { cwd, letters } = await fiveLetters();
    const all = await run(cwd, 'list');
    expect(all).toMatchObject({ code: 0, stderr: '' });
    expect(all.stdout.split('\n')).toEqual([
      'ID  FAILED AT                 SCHEMA  REASON   TRIES  ERROR',
      ' 5  2026-02-01T00:00:00.000Z  views   retries      2  timeout',
      ' 4  2026-02-01T00:00:00.000Z  views   retries      2  timeout',
      ' 3  2026-01-01T12:00:02.000Z  clicks  fatal        2  E_FULL: no room',
      ' 2  2026-01-01T12:00:01.000Z  clicks  fatal        2  E_FULL: no room',
      ' 1  2026-01-01T12:00:00.000Z  clicks  fatal        2  E_FULL: no room',
      '',
      '5 dead letters: clicks 3 fatal; views 2 retries',
      '',
    ]);
    const some = await run(cwd, 'list', '--schema', 'clicks', '--limit', '1');
    expect(some.stdout).toMatch(/^ID .*\n 3 .*\n\n3 dead letters: clicks 3 fatal\n$/);
    expect((await run(cwd, 'list', '--reason', 'crash')).stdout).toBe('0 dead letters\n');
    // Newest by its time, whatever its number.
    sql(letters, 'UPDATE dead_letters SET failedAt = 1893456000000 WHERE rowid = 1');
    expect((await run(cwd, 'list', '--limit', '1')).stdout).toMatch(/\n 1 {2}2030-01-01/);
  });

  test('--json prints all of each letter, one a line', async () => {
    const { cwd } = await fiveLetters();
    const { stdout, code } = await run(cwd, 'list', '--json', '--limit', '3');
    expect(code).toBe(0);
    const found = stdout
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(found.map(({ id }) => id)).toEqual([5, 4, 3]);
    expect(found[1]).toEqual({
      id: 4,
      flow: 'test',
      schema: 'views',
      columns: { id: 'int32', big: 'bigint64?' },
      row: { id: 4, big: '4611686018427387904' },
      reason: 'retries',
      code: null,
      message: 'timeout',
      attempts: 2,
      firstTriedAt: Date.UTC(2026, 0, 1),
      failedAt: Date.UTC(2026, 1, 1),
      identity: expect.stringMatching(/^[\w-]{34}$/),
      errorReason: 'unknown',
    });
  });

  test('--json keeps the digits of numbers', async () => {
    const { cwd } = await longNumbers();
    const { stdout } = await run(cwd, 'list', '--json');
    expect(stdout).toContain(
      '"row":{"id":1,"data":{"id":12345678901234567890,"none":[],"a":[0.10,"[1, 2]"]}}',
    );
    expect(JSON.parse(stdout)).toMatchObject({ id: 1, columns: { id: 'int32', data: 'json' } });
  });

  test('another table; errors that would play with the terminal, or are long', async () => {
    const cwd = folder();
    const error = { message: `\u001b[2J\u009b31m\nred\u202e${'x'.repeat(200)}` };
    await writeLetters(join(cwd, 'letters.db'), clicks, [click(1)], { error }, 'other "table"');
    const listed = await run(cwd, 'list', '--table', 'other "table"');
    expect(listed.stdout).toMatch(/ {2}\\u001b\[2J\\u009b31m\\u000ared\\u202ex{20,60}…\n\n1 dead letter: /);
    const json = (await run(cwd, 'list', '--table', 'other "table"', '--json')).stdout;
    for (const character of ['\u001b', '\u009b', '\u202e']) expect(json).not.toContain(character);
    expect(JSON.parse(json).message).toBe(error.message);
  });
});

describe('show', () => {
  test('shows everything of one letter', async () => {
    const { cwd, letters } = await fiveLetters();
    sql(letters, "UPDATE dead_letters SET identity = 'AAAA' WHERE rowid = 4");
    const { stdout, code } = await run(cwd, 'show', '4');
    expect(code).toBe(0);
    expect(stdout).toBe(`letter       4
flow         test
schema       views
reason       retries
error        timeout
error kind   unknown
attempts     2
first tried  2026-01-01T00:00:00.000Z
failed       2026-02-01T00:00:00.000Z
columns      {"id":"int32","big":"bigint64?"}
identity     AAAA
row
{
  "id": 4,
  "big": "4611686018427387904"
}
`);
  });

  test('shows any values themselves, not their encoding', async () => {
    const cwd = folder();
    await writeLetters(join(cwd, 'letters.db'), anySchema('loose'), [new Map([['k', new Set([7n])]])]);
    expect((await run(cwd, 'show', '1')).stdout).toContain("Map(1) { 'k' => Set(1) { 7n } }");
  });

  test('shows the digits of numbers in JSON, beside any values, too', async () => {
    const { cwd } = await longNumbers();
    expect((await run(cwd, 'show', '1')).stdout).toContain(`row
{
  "id": 1,
  "data": {
    "id": 12345678901234567890,
    "none": [],
    "a": [
      0.10,
      "[1, 2]"
    ]
  }
}
`);
    await writeLetters(join(cwd, 'any.db'), defineSchema('both', { a: t.any(), data: t.json() }), [
      { a: new Set([1]), data: asJson('[12345678901234567890]') },
    ]);
    const shown = new Command(['dead-letters', 'show', '1', '--file', 'any.db'], cwd);
    await shown.exit;
    expect(shown.stdout).toContain('{ a: Set(1) { 1 }, data: [12345678901234567890] }');
  });

  test('no such letter: exit code 1', async () => {
    const { cwd } = await fiveLetters();
    const { stderr, code } = await run(cwd, 'show', '6');
    expect({ stderr, code }).toEqual({ stderr: 'error: letters.db has no letter 6\n', code: 1 });
  });
});

describe('replay', () => {
  test('delivers each letter to the table of its schema, and deletes it', async () => {
    const { cwd, letters, events } = await fiveLetters();
    expect(await replay(cwd)).toEqual({ code: 0, stdout: '5 replayed, 0 failed again\n', stderr: '' });
    expect(sql(events, 'SELECT * FROM clicks ORDER BY rowid')).toEqual([
      [1, '/1'],
      [2, '/2'],
      [3, '/3'],
    ]);
    expect(sql(events, 'SELECT id, CAST(big AS TEXT) FROM views ORDER BY rowid')).toEqual([
      [4, '4611686018427387904'],
      [5, null],
    ]);
    expect(ids(letters)).toEqual([]);
    expect((await replay(cwd)).stdout).toBe('0 replayed, 0 failed again\n');
    expect(sql(events, 'SELECT count(*) FROM clicks')).toEqual([[3]]);
  });

  test('keeps the digits of numbers in JSON', async () => {
    const { cwd, events } = await longNumbers();
    expect(await replay(cwd)).toMatchObject({ code: 0, stderr: '' });
    expect(sql(events, 'SELECT data FROM long')).toEqual([
      ['{"id":12345678901234567890,"none":[],"a":[0.10,"[1, 2]"]}'],
    ]);
  });

  test('those chosen by number, schema or reason, and no others', async () => {
    const { cwd, letters, events } = await fiveLetters();
    expect((await replay(cwd, '2', '4', '--schema', 'clicks')).stdout).toMatch(/^1 replayed/);
    expect(ids(letters)).toEqual([1, 3, 4, 5]);
    expect((await replay(cwd, '3', '5')).stdout).toMatch(/^2 replayed/);
    expect(ids(letters)).toEqual([1, 4]);
    expect((await replay(cwd, '--reason', 'retries')).stdout).toMatch(/^1 replayed/);
    expect(ids(letters)).toEqual([1]);
    expect((await replay(cwd, '--reason', 'crash')).stdout).toMatch(/^0 replayed/);
    expect((await replay(cwd, '--schema', 'clicks')).stdout).toMatch(/^1 replayed/);
    expect(sql(events, 'SELECT id FROM clicks ORDER BY rowid').flat()).toEqual([2, 3, 1]);
  });

  test('not inputs of which a source could make no row: they stay, and are shown', async () => {
    const { cwd, letters, events } = await fiveLetters();
    const input = { schema: 'clicks', text: '{"id":' };
    await writeLetters(letters, refusedInputSchema, [input], { reason: 'refused' });
    const { code, stdout, stderr } = await replay(cwd);
    expect([code, stdout]).toEqual([1, expect.stringMatching(/^5 replayed/)]);
    expect(stderr).toMatch(/refused_input: no rows: a source could not read them/);
    expect(ids(letters)).toEqual([6]);
    expect(sql(events, "SELECT name FROM sqlite_schema WHERE name = 'refused_input'")).toEqual([]);
    expect((await run(cwd, 'show', '6')).stdout).toMatch(/reason +refused[\s\S]*"text": "\{\\"id\\":"/);
  });

  test('makes no file and no table that it is not asked to make', async () => {
    const { cwd, letters, events } = await fiveLetters();
    const typo = await run(cwd, 'replay', '--sink', 'sqlite:evnets.db');
    expect([typo.code, typo.stderr]).toEqual([1, 'error: there is no file evnets.db; --create makes it\n']);
    expect(existsSync(join(cwd, 'evnets.db'))).toBe(false);
    sql(events, 'CREATE TABLE clicks (id INTEGER NOT NULL, path TEXT NOT NULL)');
    const { code, stdout } = await run(cwd, 'replay', '--sink', 'sqlite:events.db');
    expect([code, stdout]).toEqual([1, '3 replayed, 2 failed again\n']);
    expect(ids(letters)).toEqual([4, 5]);
  });

  test('keeps what fails again with its new error, and exits with 1', async () => {
    const { cwd, letters, events } = await fiveLetters();
    sql(events, 'CREATE TABLE clicks (id INTEGER NOT NULL CHECK (id <> 2), path TEXT NOT NULL)');
    sql(letters, "UPDATE dead_letters SET reason = 'crash'");
    const before = Date.now();
    const { code, stdout, stderr } = await replay(cwd);
    expect([code, stdout]).toEqual([1, '4 replayed, 1 failed again\n']);
    expect(stderr).toMatch(/^1 letter \(2\) of clicks: table "clicks" in .*CHECK constraint failed: .*\n$/);
    expect(sql(events, 'SELECT id FROM clicks UNION ALL SELECT id FROM views').flat()).toEqual([1, 3, 4, 5]);
    const left = sql(
      letters,
      'SELECT rowid, reason, code, message, attempts, firstTriedAt, errorReason FROM dead_letters',
    );
    expect(left).toHaveLength(1);
    const [id, reason, errorCode, message, attempts, firstTriedAt, errorReason] = left[0] as unknown[];
    expect([id, errorCode, errorReason]).toEqual([2, 'SQLITE_CONSTRAINT_CHECK', 'value']);
    expect(['fatal', 'answer']).toContain(reason);
    expect(message).toMatch(/CHECK/);
    expect(attempts).toBeGreaterThan(2);
    expect(firstTriedAt).toBe(Date.UTC(2026, 0, 1));
    const [failedAt] = sql(letters, 'SELECT failedAt FROM dead_letters').flat();
    expect(failedAt).toBeGreaterThanOrEqual(before);
    expect(failedAt).toBeLessThanOrEqual(Date.now());
  });

  test('a table that does not fit leaves its letters as they were, and the others go', async () => {
    const { cwd, letters, events } = await fiveLetters();
    sql(events, 'CREATE TABLE clicks (id INTEGER)');
    const before = sql(letters, 'SELECT * FROM dead_letters WHERE rowid < 4');
    const { code, stdout, stderr } = await replay(cwd);
    expect([code, stdout]).toEqual([1, '2 replayed, 3 failed again\n']);
    expect(stderr).toMatch(
      /^3 letters \(1, 2, 3\) of clicks: table "clicks" cannot take .*"path" is missing/,
    );
    expect(sql(letters, 'SELECT * FROM dead_letters')).toEqual(before);
  });

  test('letters of one schema whose columns have changed since', async () => {
    const cwd = folder();
    const letters = join(cwd, 'letters.db');
    await writeLetters(letters, clicks, [click(1), click(2)]);
    const newer = defineSchema('clicks', { id: t.int32(), path: t.string(), user: t.string().optional() });
    await writeLetters(letters, newer, [{ ...click(3), user: 'me' }]);
    await writeLetters(letters, clicks, [click(4)]);
    sql(join(cwd, 'events.db'), 'CREATE TABLE clicks (id INTEGER, path TEXT, user TEXT)');
    expect((await replay(cwd)).stdout).toBe('4 replayed, 0 failed again\n');
    expect(sql(join(cwd, 'events.db'), 'SELECT id, user FROM clicks ORDER BY id')).toEqual([
      [1, null],
      [2, null],
      [3, 'me'],
      [4, null],
    ]);
  });

  test('thousands, in their order', async () => {
    const cwd = folder();
    const letters = join(cwd, 'letters.db');
    await writeLetters(letters, clicks, numbers(2500).map(click));
    expect((await replay(cwd)).stdout).toBe('2,500 replayed, 0 failed again\n');
    const found = sql(join(cwd, 'events.db'), 'SELECT id FROM clicks ORDER BY rowid').flat();
    expect(found).toEqual(numbers(2500));
    expect(ids(letters)).toEqual([]);
  });

  test('a letter that cannot be read any more fails, and the others go', async () => {
    const { cwd, letters, events } = await fiveLetters();
    await writeLetters(letters, clicks, [click(6), click(7)]);
    const edits = [
      [1, "row = '{'"],
      [3, `row = '{"id":"3","path":"/3"}'`],
      [4, "columns = 'none'"],
      [5, `row = x'ff00', columns = '{"id":"int7"}', failedAt = 'soon', attempts = NULL`],
      [6, "row = x'ff00', message = x'80', reason = 7"],
    ];
    // Hand-edited tables need not have the constraints that the sink gave them.
    sql(letters, 'ALTER TABLE dead_letters RENAME TO strict');
    sql(letters, 'CREATE TABLE dead_letters AS SELECT * FROM strict');
    for (const [id, edit] of edits) sql(letters, `UPDATE dead_letters SET ${edit} WHERE rowid = ${id}`);
    const listed = await run(cwd, 'list');
    expect(listed).toMatchObject({ code: 0, stderr: '' });
    expect(listed.stdout.match(/^ \d/gm)).toHaveLength(7);
    expect(listed.stdout).toContain('7 dead letters: clicks 4 fatal, 1 7; views 2 retries');
    expect((await run(cwd, 'list', '--json')).stdout.trimEnd().split('\n')).toHaveLength(7);
    for (const [id, message] of [
      ['1', /\n\{\nIt cannot be read as a row any more: clicks: .*JSON/],
      ['4', /columns of "views" are not JSON/],
      ['5', /int7/],
      ['6', /cannot be read/],
    ] as const) {
      const shown = await run(cwd, 'show', id);
      expect(shown.stdout).toMatch(message);
      expect(shown.code).toBe(0);
    }
    const before = sql(letters, 'SELECT rowid, * FROM dead_letters WHERE rowid NOT IN (2, 7)');
    const { code, stdout, stderr } = await replay(cwd);
    expect([code, stdout]).toEqual([1, '2 replayed, 5 failed again\n']);
    expect(stderr).toMatch(/^1 letter \(1\) of clicks: the row cannot be read: .*JSON/m);
    expect(stderr).toMatch(/^1 letter \(3\) of clicks: the row cannot be read: clicks\.id: got "3"/m);
    expect(stderr).toMatch(/^1 letter \(4\) of views: their columns cannot be read: .*not JSON/m);
    expect(stderr).toMatch(/^1 letter \(5\) of views: their columns cannot be read: .*int7/m);
    expect(stderr).toMatch(/^1 letter \(6\) of clicks: the row cannot be read/m);
    expect(sql(events, 'SELECT id FROM clicks').flat()).toEqual([2, 7]);
    expect(sql(letters, 'SELECT rowid, * FROM dead_letters')).toEqual(before);
    expect((await run(cwd, 'purge', '1', '5', '6')).stdout).toBe('3 dead letters deleted\n');
  });

  test('the sink commits first: what cannot be deleted then says that it was delivered', async () => {
    const { cwd, letters, events } = await fiveLetters();
    sql(letters, "CREATE TRIGGER keep BEFORE DELETE ON dead_letters BEGIN SELECT raise(ABORT, 'mine'); END");
    const { code, stdout, stderr } = await replay(cwd, '--schema', 'clicks');
    expect([code, stdout]).toEqual([1, '3 replayed, 0 failed again\n']);
    expect(stderr).toMatch(/^letters whose rows were delivered could not be deleted/);
    expect(stderr).toMatch(/\nerror: cannot use letters\.db as a file of dead letters: mine\n$/);
    expect(sql(events, 'SELECT count(*) FROM clicks')).toEqual([[3]]);
    expect(ids(letters)).toEqual([1, 2, 3, 4, 5]);
  });

  test('letters that say the same are letters of their own', async () => {
    const cwd = folder();
    const letters = join(cwd, 'letters.db');
    await writeLetters(letters, clicks, [click(1), click(1), click(1)], { failedAt: 1 });
    expect((await replay(cwd, '2')).stdout).toMatch(/^1 replayed/);
    expect(ids(letters)).toEqual([1, 3]);
  });

  test('a letter that somebody has changed meanwhile is neither deleted nor marked', async () => {
    const { letters } = await fiveLetters();
    await withLetters({ file: letters, table: 'dead_letters' }, 'write', (open) => {
      const read = [1, 2, 3].map((id) => open.get(id) as StoredLetter);
      sql(letters, "UPDATE dead_letters SET row = '{}' WHERE rowid = 1");
      sql(letters, 'UPDATE dead_letters SET failedAt = 5 WHERE rowid = 2');
      const failure = {
        reason: 'fatal',
        errorReason: 'io',
        message: 'new',
        code: null,
        attempts: 1,
        failedAt: 9,
      } as const;
      open.failedAgain(
        read.map((letter) => ({ letter, failure: { ...failure, failedAt: letter.failedAt } })),
      );
      expect(sql(letters, "SELECT rowid FROM dead_letters WHERE message = 'new'")).toEqual([[3]]);
      open.delete(read);
    });
    expect(ids(letters)).toEqual([1, 2, 4, 5]);
  });

  describe('that ends early', () => {
    const total = 20_000;

    /** A replay into a table that takes its time. @returns when the first rows are in it. */
    async function slowReplay() {
      const cwd = folder();
      const letters = join(cwd, 'letters.db');
      const events = join(cwd, 'events.db');
      await writeLetters(letters, clicks, numbers(total).map(click));
      sql(events, 'PRAGMA journal_mode = WAL');
      sql(events, 'CREATE TABLE clicks (id INTEGER NOT NULL, path TEXT NOT NULL)');
      sql(
        events,
        `CREATE TRIGGER slow BEFORE INSERT ON clicks BEGIN
          SELECT max(n) FROM (WITH RECURSIVE c(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c WHERE n < 2000)
          SELECT n FROM c); END`,
      );
      const args = ['replay', '--sink', 'sqlite:events.db', '--file', 'letters.db'];
      const command = new Command(['dead-letters', ...args], cwd);
      await until(() => (sql(events, 'SELECT count(*) FROM clicks')[0]?.[0] as number) > 0, 'rows');
      return { cwd, letters, events, command };
    }

    test('SIGINT: what was delivered is deleted, the rest is as it was', async () => {
      const { letters, events, command } = await slowReplay();
      command.kill('SIGINT');
      expect(await command.exit).toBe(1);
      expect(command.stderr).toMatch(/^SIGINT: stopped; the letters that were not tried are as they were\n$/);
      const delivered = sql(events, 'SELECT id FROM clicks ORDER BY id').flat() as number[];
      expect(delivered.length).toBeLessThan(total);
      expect(command.stdout).toBe(`${delivered.length.toLocaleString('en-US')} replayed, 0 failed again\n`);
      expect([...delivered, ...(ids(letters) as number[])]).toEqual(numbers(total));
      expect(sql(letters, 'SELECT DISTINCT attempts, message FROM dead_letters')).toEqual([[2, 'no room']]);
    });

    test('a kill: every row is in the sink or still a letter, and the next replay ends the work', async () => {
      const { cwd, letters, events, command } = await slowReplay();
      command.kill('SIGKILL');
      expect(await command.exit).toBe('SIGKILL');
      const left = ids(letters) as number[];
      expect(left.length).toBeGreaterThan(0);
      const delivered = sql(events, 'SELECT id FROM clicks').flat() as number[];
      expect(new Set([...delivered, ...left]).size).toBe(total);
      sql(events, 'DROP TRIGGER slow');
      expect((await replay(cwd)).code).toBe(0);
      expect(ids(letters)).toEqual([]);
      const [counts] = sql(events, 'SELECT count(DISTINCT id), count(*) FROM clicks') as [[number, number]];
      expect(counts[0]).toBe(total);
      // Twice is what the one chunk may be that was in between.
      expect(counts[1] - total).toBeLessThanOrEqual(1000);
    });
  });
});

describe('purge', () => {
  test('deletes what is chosen, and says how many', async () => {
    const { cwd, letters } = await fiveLetters();
    expect((await run(cwd, 'purge', '1', '4', '--reason', 'fatal')).stdout).toBe('1 dead letter deleted\n');
    expect(ids(letters)).toEqual([2, 3, 4, 5]);
    expect((await run(cwd, 'purge', '--schema', 'views')).stdout).toBe('2 dead letters deleted\n');
    expect(ids(letters)).toEqual([2, 3]);
    expect((await run(cwd, 'purge', '--schema', 'views')).stdout).toBe('0 dead letters deleted\n');
    expect((await run(cwd, 'purge', '--all')).stdout).toBe('2 dead letters deleted\n');
    expect(ids(letters)).toEqual([]);
  });

  test('--older-than counts days since the failure', async () => {
    const cwd = folder();
    const letters = join(cwd, 'letters.db');
    const day = 86_400_000;
    for (const age of [0.9, 2.9, 3.1, 100]) {
      await writeLetters(letters, clicks, [click(1)], { failedAt: Date.now() - age * day });
    }
    expect((await run(cwd, 'purge', '--older-than', '3')).stdout).toBe('2 dead letters deleted\n');
    expect(ids(letters)).toEqual([1, 2]);
    expect((await run(cwd, 'purge', '--older-than', '0.5')).stdout).toBe('2 dead letters deleted\n');
  });

  test('refuses to delete everything by accident', async () => {
    const { cwd, letters } = await fiveLetters();
    for (const args of [[], ['--all', '1'], ['--all', '--schema', 'views'], ['--all', '--older-than', '1']]) {
      const { code, stderr } = await run(cwd, 'purge', ...args);
      expect(code).toBe(2);
      expect(stderr).toMatch(/^error: .*--all/);
    }
    expect(ids(letters)).toEqual([1, 2, 3, 4, 5]);
  });
});

describe('a call that cannot work', () => {
  test.each([
    [['show'], /missing required argument 'id'/],
    [['show', 'x'], /'x' is invalid.*number of a letter/],
    [['show', '0'], /number of a letter/],
    [['show', '1', '2'], /too many arguments/],
    [['replay', '--sink', 'sqlite:events.db', '1', '1.5'], /'1\.5' is invalid/],
    [['replay', '--sink', 'sqlite:events.db', '99999999999999999999'], /number of a letter/],
    [['replay', '1'], /required option '--sink/],
    [['replay', '--sink', 'oracle:x'], /sqlite:FILE/],
    [['replay', '--sink', 'redis:x'], /an address such as redis:/],
    [['replay', '--sink', 'sqlite:x', '--sink-table', 'y'], /--sink-table.*--schema/],
    [['replay', '--sink', 'sqlite:x', '--reason', 'bad luck'], /fatal, retries, answer, crash/],
    [['purge', '-1'], /'-1' is invalid/],
    [['purge', '--older-than', 'ever'], /--older-than.*number/],
    [['list', '--limit', '0'], /--limit.*from 1/],
    [['list', '--table', ''], /--table/],
    [['fly'], /unknown command 'fly'|error/],
    [['list', '--file', 'file:letters.db'], /--file.*path, not a URI/],
    [['replay', '--sink', 'sqlite:file:events.db'], /--sink.*path, not a URI/],
  ])('%j: exit code 2, and one clear message', async (args, message) => {
    const { cwd, letters } = await fiveLetters();
    const { code, stdout, stderr } = await run(cwd, ...args);
    expect(code).toBe(2);
    expect(stderr).toMatch(message);
    expect(stderr).not.toMatch(/^ +at /m);
    expect(stdout).toBe('');
    expect(ids(letters)).toEqual([1, 2, 3, 4, 5]);
  });

  test('no command; help', async () => {
    expect(await new Command(['dead-letters'], folder()).exit).toBe(2);
    const help = new Command(['dead-letters', 'replay', '--help'], folder());
    expect(await help.exit).toBe(0);
    expect(help.stdout).toMatch(/--sink <address>/);
    expect(help.stdout).toMatch(/delivers the row a second time/);
    expect(help.stdout).toMatch(/\(default:\s+"data\/events\.dead-letters\.db"\)/);
  });
});

describe('where no row has been given up yet', () => {
  test.each([
    ['beside the file of the rows', ['--file', 'clicks.dead-letters.db'], 'clicks.db'],
    ['beside one without an ending', ['--file', 'clicks.dead-letters.db'], 'clicks'],
    ['in the default place', [], undefined],
  ])('list and purge say so: %s', async (_, file, rows) => {
    const cwd = folder();
    if (rows !== undefined) writeFileSync(join(cwd, rows), '');
    const command = async (...args: string[]) => {
      const ran = new Command(['dead-letters', ...args, ...file], cwd);
      return { code: await ran.exit, stdout: ran.stdout, stderr: ran.stderr };
    };
    expect(await command('list')).toEqual({ code: 0, stdout: '0 dead letters\n', stderr: '' });
    expect(await command('list', '--json')).toEqual({ code: 0, stdout: '', stderr: '' });
    expect(await command('purge', '--all')).toEqual({
      code: 0,
      stdout: '0 dead letters deleted\n',
      stderr: '',
    });
    // A letter that is asked for by its number is not there.
    expect(await command('purge', '1')).toMatchObject({ code: 1, stdout: '' });
  });
});

describe('what fails at the start: exit code 1, and one clear message', () => {
  const commands = [['list'], ['show', '1'], ['purge', '--all'], ['replay', '--sink', 'sqlite:events.db']];

  async function fails(cwd: string, args: string[], message: RegExp): Promise<void> {
    const { code, stdout, stderr } = await run(cwd, ...args);
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(stderr).toMatch(message);
    expect(stderr).not.toMatch(/^ +at /m);
  }

  test.each(commands)('no file: %s, and none is made', async (...args) => {
    const cwd = folder();
    await fails(cwd, args, /^error: there is no file letters\.db/);
    expect(readdirSync(cwd)).toEqual([]);
  });

  test.each(commands)('a file that is none of dead letters: %s', async (...args) => {
    const cwd = folder();
    const letters = join(cwd, 'letters.db');
    mkdirSync(letters);
    await fails(cwd, args, /^error: cannot use letters\.db as a file of dead letters/);
    const other = folder();
    writeFileSync(join(other, 'letters.db'), 'this is no database, '.repeat(100));
    await fails(other, args, /^error: cannot use letters\.db .*not a database/);
    const database = folder();
    sql(join(database, 'letters.db'), 'CREATE TABLE events (id INTEGER)');
    await fails(database, args, /^error: letters\.db has no table "dead_letters"; --table/);
    await fails(
      database,
      [...args, '--table', 'events'],
      /^error: table "events" .* lacks "flow", "schema", /,
    );
    sql(join(database, 'letters.db'), 'CREATE VIEW v AS SELECT * FROM events');
    await fails(
      database,
      [...args, '--table', 'v'],
      /^error: table "v" in letters\.db is not one of dead letters/,
    );
    expect(existsSync(join(database, 'events.db'))).toBe(false);
  });

  test.each([
    ['is for another Node.js', 'ERR_DLOPEN_FAILED', 'compiled against a different Node.js version'],
    ['was never built', undefined, 'Could not locate the bindings file. Tried:'],
  ])('a driver whose native part %s: one sentence says what to do', async (_, code, message) => {
    const { cwd } = await fiveLetters();
    const error = `Object.assign(new Error(${JSON.stringify(message)}), ${JSON.stringify({ code })})`;
    writeFileSync(join(cwd, 'broken.cjs'), `process.dlopen = () => { throw ${error}; };`);
    for (const args of [['list'], ['show', '1'], ['purge', '--all'], ['replay', '--sink', 'sqlite:a.db']]) {
      const command = new Command(['dead-letters', ...args, '--file', 'letters.db'], cwd, {
        NODE_OPTIONS: '--require ./broken.cjs',
      });
      expect(await command.exit).toBe(1);
      expect(command.stderr).toMatch(
        /^error: cannot use letters\.db .*: better-sqlite3 is not built for this Node\.js \(v.*npm rebuild.*\n$/,
      );
    }
  });

  test('a number that no letter has: nothing is done', async () => {
    const { cwd, letters } = await fiveLetters();
    await fails(cwd, ['purge', '1', '77'], /^error: letters\.db has no letter 77\n$/);
    await fails(
      cwd,
      ['replay', '1', '77', '--sink', 'sqlite:events.db'],
      /^error: letters\.db has no letter 77\n$/,
    );
    expect(ids(letters)).toEqual([1, 2, 3, 4, 5]);
    expect(existsSync(join(cwd, 'events.db'))).toBe(false);
  });
});
