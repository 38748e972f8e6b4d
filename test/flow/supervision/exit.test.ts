/**
 * A process that ends without closing its flow: what is in the ring is drained, within a bound.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { describe, expect, onTestFinished, test } from 'vitest';

/** Run a script that ends without closing its flow. */
async function exiting(end: string, rows: number, name = 'exiting.mjs') {
  const folder = mkdtempSync(join(tmpdir(), 'exit-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const file = join(folder, 'events.db');
  const script = new URL(`../../fixtures/${name}`, import.meta.url).pathname;
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

test('process.exit() drains every shard', async () => {
  const { code, stderr, stored } = await exiting('shards', 5050);
  expect([code, stderr]).toEqual([7, '']);
  expect((stored() as number[]).sort((a, b) => a - b)).toEqual(numbers(5050));
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

describe('a flow in a worker thread', () => {
  test.each([
    ['process.exit() of the worker', 'exit', 0],
    ['an uncaught error of the worker', 'throw', 0],
    ["the main thread's exit, when it has loaded the package", 'main', 7],
  ])('%s waits until all that was pushed is committed', async (_, end, expected) => {
    const { code, stderr, stored } = await exiting(end, 5050, 'exiting-thread.mjs');
    expect(stderr).toBe('');
    expect(code).toBe(expected);
    expect(stored()).toEqual(numbers(5050));
  });

  test.each([
    ["the main thread's exit, when it has not loaded the package", 'main-alone'],
    ['terminate()', 'terminate'],
  ])('%s runs no listener: what waits in the ring is lost', async (_, end) => {
    const { code, stored } = await exiting(end, 50, 'exiting-thread.mjs');
    expect(code).toBe(7);
    expect(stored()).toEqual([]);
  });
});

test('an exit does not wait for the rows of a flow whose thread is gone', async () => {
  // The drain's limit is ten minutes.
  const { code } = await exiting('dying', 5050, 'exiting-thread.mjs');
  expect(code).toBe(7);
});

test('rows that another thread has gathered and not published at the exit are committed, too', async () => {
  const { code, stderr, stored } = await exiting('gathering', 50, 'exiting-thread.mjs');
  expect(stderr).toBe('');
  expect(code).toBe(7);
  expect(stored()).toEqual(numbers(50));
});

test('a process that has loaded the package ends by itself, without a word', async () => {
  const index = new URL('../../../dist/src/index.js', import.meta.url).href;
  const code = `await import(${JSON.stringify(index)})`;
  const child = spawn(process.execPath, ['--input-type=module', '--eval', code], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let said = '';
  child.stdout.on('data', (text) => {
    said += text;
  });
  child.stderr.on('data', (text) => {
    said += text;
  });
  expect((await once(child, 'close'))[0]).toBe(0);
  expect(said).toBe('');
});
