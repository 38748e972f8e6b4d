/**
 * One run of test files in a copy of the project, until the first test fails or one does not end.
 */
import { spawn } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { createInterface } from 'node:readline';
import type { DamagedCopy } from './damaged-copy.js';

export interface TestRun {
  /** What has failed; undefined when all tests passed. */
  readonly failure?: { readonly file: string; readonly test: string; readonly hung: boolean };
  readonly seconds: number;
}

/** In the place of a test, where a run failed without one. */
export const noTest = 'no test: the run itself';

/**
 * @param files test files, as paths from the root of the copy; they run in this order.
 * @param limitMs the longest time from the end of one test to the end of the next. A run that takes longer hangs, and
 * is ended.
 * @throws Error when another process has ended the run.
 */
export async function runTests(
  copy: DamagedCopy,
  files: readonly string[],
  limitMs: number,
): Promise<TestRun> {
  const began = Date.now();
  const vitest = ['node_modules/vitest/vitest.mjs', 'run', '--config', 'test/damages/vitest.config.ts'];
  const child = spawn(process.execPath, [...vitest, ...files], {
    cwd: copy.root,
    env: { ...process.env, TMPDIR: copy.temporary, DAMAGES_TESTS: files.join(',') },
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  let file = files[0] as string;
  let failure: TestRun['failure'];
  const end = (test: string, hung: boolean) => {
    failure ??= { file, test, hung };
  };
  const timer = setTimeout(() => {
    end('no test has ended', true);
    child.kill('SIGKILL');
    endLeftovers(copy.root);
  }, limitMs);
  createInterface(child.stdout).on('line', (line) => {
    if (!line.startsWith('{')) return;
    timer.refresh();
    const event = JSON.parse(line) as { file?: string; test?: string; failed?: boolean };
    if (event.file !== undefined) file = event.file;
    if (event.failed === true) end(event.test ?? 'outside of any test', false);
  });
  const code = await new Promise<number | null>((resolve) => child.once('close', resolve));
  clearTimeout(timer);
  endLeftovers(copy.root);
  // By a signal, of which the code is none, or the signal's number more than 128: it says nothing of the damage.
  if (failure === undefined && (code === null || code > 128)) throw new Error('a run of tests was killed');
  if (code !== 0) end(noTest, false);
  const seconds = (Date.now() - began) / 1000;
  return failure === undefined ? { seconds } : { failure, seconds };
}

/** Ends what tests of a copy have left running: processes that run in its folder, or were started with a path in it. */
export function endLeftovers(root: string): void {
  // Elsewhere than on Linux they end by themselves, or stay.
  for (const name of existsSync('/proc') ? readdirSync('/proc') : []) {
    const pid = Number(name);
    if (!(pid > 0) || pid === process.pid) continue;
    try {
      const ofCopy = [
        readlinkSync(`/proc/${pid}/cwd`),
        ...readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0'),
      ];
      if (ofCopy.some((text) => text.includes(`${root}/`) || text === root)) process.kill(pid, 'SIGKILL');
    } catch {}
  }
}
