/**
 * Two builds side by side in a temporary folder: a revision's sources and the ones of this checkout, both with this
 * checkout's benches and packages, so that only the sources differ.
 */
import { execFile } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { promisify } from 'node:util';

const ended = new AbortController();
const run = (command: string, args: readonly string[], cwd?: string) =>
  promisify(execFile)(command, args, { cwd, signal: ended.signal, killSignal: 'SIGKILL' });

export interface Builds {
  /** The folder of each build's benches. */
  readonly base: URL;
  readonly here: URL;
}

/** This checkout; the file runs from dist/bench/compare. */
const checkout = fileURLToPath(new URL('../../../', import.meta.url));
const sources = ['src', 'workers', 'package.json', 'tsconfig.json'];
/** Not needed, and more that an older revision could lack. */
const leftOut = new Set(['soak', 'results']);

/**
 * Build a revision and this checkout, uncommitted changes included. Both are deleted when the process exits.
 *
 * @throws Error when there is no such revision, or when one side does not compile.
 */
export async function buildBoth(revision: string): Promise<Builds> {
  const folder = mkdtempSync(join(tmpdir(), 'batchflow-compare-'));
  process.on('exit', () => {
    // A compiler that still runs would write its files after they are deleted.
    ended.abort();
    rmSync(folder, { recursive: true, force: true });
  });
  try {
    const [base, here] = ['base', 'here'].map((name) => join(folder, name)) as [string, string];
    mkdirSync(base);
    mkdirSync(here);
    const archive = join(folder, 'base.tar');
    await run('git', ['archive', '--output', archive, revision, ...sources], checkout);
    await run('tar', ['-xf', archive, '-C', base]);
    for (const source of sources) {
      cpSync(join(checkout, source), join(here, source), { recursive: true });
    }
    return { base: await build(base), here: await build(here) };
  } catch (error) {
    const { stdout = '', stderr = '' } = error as { stdout?: string; stderr?: string };
    throw new Error(`cannot build ${revision} and this checkout: ${stdout}${stderr || error}`, {
      cause: error,
    });
  }
}

async function build(side: string): Promise<URL> {
  const benches = join(checkout, 'bench');
  cpSync(benches, join(side, 'bench'), { recursive: true, filter: (path) => !leftOut.has(basename(path)) });
  symlinkSync(join(checkout, 'node_modules'), join(side, 'node_modules'), 'junction');
  await run(process.execPath, [join(side, 'node_modules/typescript/lib/tsc.js'), '-p', side]);
  return pathToFileURL(join(side, 'dist/bench/'));
}
