/**
 * A process that ends without closing its flow: what is in the ring is drained, within a bound.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { expect, onTestFinished, test } from 'vitest';

/** Run `fixtures/exiting.mjs`. */
async function exiting(end: string, rows: number) {
  const folder = mkdtempSync(join(tmpdir(), 'exit-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const file = join(folder, 'events.db');
  const script = new URL('../../fixtures/exiting.mjs', import.meta.url).pathname;
  const child = spawn(process.execPath, [script, file, end, String(rows)], {
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let stderr = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
  });
  const [code] = await once(child, 'close');
  return {
    code,
    stderr,
    stored: () =>
      new Database(file, { readonly: true }).prepare('SELECT i FROM events ORDER BY rowid').pluck().all(),
  };
}
const numbers = (count: number) => Array.from({ length: count }, (_, i) => i);

test.each([
  ['process.exit()', 'exit', 7],
  ['process.exit() while an event is being read', 'getter', 7],
  ['an uncaught error', 'throw', 1],
])('%s waits until all that was pushed is committed', async (_, end, expected) => {
  const { code, stored } = await exiting(end, 5050);
  expect(code).toBe(expected);
  expect(stored()).toEqual(numbers(5050));
});

test('drainOnExit: false ends at once', async () => {
  const { code, stored } = await exiting('off', 50);
  expect(code).toBe(7);
  expect(stored()).toEqual([]);
});

test('a sink that hangs holds the exit up for drainGraceMs and no longer', async () => {
  const { code, stderr } = await exiting('hang', 250);
  expect(code).toBe(7);
  expect(stderr).toBe('flow "events": 250 row(s) were not committed when the process ended\n');
});
