/**
 * Where no thread can be looked up, deaths of producers are found by their ports, and by questions while `close()`
 * waits.
 *
 * Node's permission model hides `/proc` from a process, as if the system had none.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { realpathSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

const root = fileURLToPath(new URL('../../../', import.meta.url));
const flag = process.allowedNodeEnvironmentFlags.has('--permission')
  ? '--permission'
  : '--experimental-permission';

/** Run a script of `fixtures`. @returns what it says. */
async function said(script: string, flags: readonly string[]): Promise<unknown> {
  const command = [...flags, '--no-warnings', `${root}test/fixtures/${script}`];
  const child = spawn(process.execPath, command, { stdio: ['ignore', 'pipe', 'inherit'] });
  let text = '';
  child.stdout.setEncoding('utf8').on('data', (part: string) => {
    text += part;
  });
  await once(child, 'close');
  return JSON.parse(text);
}

const readable = [root, realpathSync(`${root}node_modules`)].map((path) => `--allow-fs-read=${path}`);
const withoutProc = [flag, ...readable, '--allow-worker'];

test('threads that end are found when they are heard of, and hold up no close()', async () => {
  expect(await said('without-proc.mjs', withoutProc)).toEqual({
    looks: false,
    // One thread's port has closed.
    afterOne: 2,
    // Of two threads nothing was heard.
    whileBlocked: 0,
    report: expect.objectContaining({ committed: 6, undelivered: 0 }),
  });
});

test.each([
  ['without /proc', withoutProc],
  ['with it', []],
])('a producer learns of the end of the creating thread on its own: %s', async (_, flags) => {
  const refused = 'ERR_FLOW_CLOSED';
  expect(await said('owner-elsewhere.mjs', flags)).toEqual([refused, refused, refused]);
});
