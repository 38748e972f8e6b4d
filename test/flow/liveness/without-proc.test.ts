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

test('threads that end are found when they are heard of, and hold up no close()', async () => {
  const readable = [root, realpathSync(`${root}node_modules`)].map((path) => `--allow-fs-read=${path}`);
  const script = `${root}test/fixtures/without-proc.mjs`;
  const child = spawn(process.execPath, [flag, ...readable, '--allow-worker', '--no-warnings', script], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let said = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    said += text;
  });
  await once(child, 'close');
  expect(JSON.parse(said)).toEqual({
    looks: false,
    // One thread's port has closed.
    afterOne: 2,
    // Of two threads nothing was heard.
    whileBlocked: 0,
    report: { committed: 6, deadLettered: 0, failed: 0, undelivered: 0 },
  });
});
