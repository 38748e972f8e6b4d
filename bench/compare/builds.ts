/**
 * Two builds side by side in a temporary folder: a revision's sources and those of this checkout, both with this
 * checkout's benches and packages, so that only the sources differ.
 *
 * The benches import some internals of the sources. This checkout's benches do not compile with a revision that has
 * these internals elsewhere. Such a revision is built with its own benches, which may measure differently themselves;
 * the output therefore says so.
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
  /** The folder of the revision's compiled benches. */
  readonly base: URL;
  /** The folder of this checkout's compiled benches. */
  readonly here: URL;
  /** The compiler's errors when the base was built with its own benches; otherwise undefined. */
  readonly mismatch: string | undefined;
}

/** This checkout; the file runs from dist/bench/compare. */
const checkout = fileURLToPath(new URL('../../../', import.meta.url));
const sources = ['src', 'workers', 'package.json', 'tsconfig.json'];
/** Rooms of bench that no comparison needs. `micro` imports most internals, so that it would fail to compile first. */
const leftOut = new Set(['results', 'micro']);

/**
 * Build a revision and this checkout, uncommitted changes included. Both are deleted when the process exits.
 *
 * @throws Error when there is no such revision, or when one side does not compile.
 */
export async function buildBoth(revision: string): Promise<Builds> {
  const folder = mkdtempSync(join(tmpdir(), 'batchflow-compare-'));
  process.on('exit', () => {
    // A compiler that is still running would write files after the folder is deleted.
    ended.abort();
    rmSync(folder, { recursive: true, force: true });
  });
  try {
    const [base, here] = ['base', 'here'].map((name) => join(folder, name)) as [string, string];
    for (const source of sources) cpSync(join(checkout, source), join(here, source), { recursive: true });
    addBenches(here);
    await extract(revision, sources, base);
    addBenches(base);
    await compile(here);
    const mismatch = await compile(base).then(
      () => undefined,
      (error) => compilerErrors(error),
    );
    if (mismatch !== undefined) {
      for (const replaced of ['bench', 'dist']) rmSync(join(base, replaced), { recursive: true });
      await extract(revision, ['bench'], base);
      await compile(base);
    }
    return { base: benchesOf(base), here: benchesOf(here), mismatch };
  } catch (error) {
    const { stdout = '', stderr = '' } = error as { stdout?: string; stderr?: string };
    throw new Error(`cannot build ${revision} and this checkout: ${stdout}${stderr || error}`, {
      cause: error,
    });
  }
}

/** Put some of a revision's files into a folder. */
async function extract(revision: string, paths: readonly string[], folder: string): Promise<void> {
  mkdirSync(folder, { recursive: true });
  const archive = `${folder}.tar`;
  await run('git', ['archive', '--output', archive, revision, ...paths], checkout);
  await run('tar', ['-xf', archive, '-C', folder]);
}

/** Put this checkout's benches beside the sources in a folder. */
function addBenches(folder: string): void {
  cpSync(join(checkout, 'bench'), join(folder, 'bench'), {
    recursive: true,
    filter: (path) => !leftOut.has(basename(path)),
  });
  symlinkSync(join(checkout, 'node_modules'), join(folder, 'node_modules'), 'junction');
}

/** Compile a side. The compiler runs in its folder, so that its messages name files from there on. */
async function compile(folder: string): Promise<void> {
  await run(process.execPath, ['node_modules/typescript/lib/tsc.js', '-p', '.'], folder);
}

/**
 * The messages of a compiler that failed.
 *
 * @throws any other error.
 */
function compilerErrors(error: unknown): string {
  const { stdout = '' } = error as { stdout?: string };
  if (!stdout.includes('error TS')) throw error;
  return stdout;
}

function benchesOf(folder: string): URL {
  return pathToFileURL(join(folder, 'dist/bench/'));
}
