/**
 * Ties `dist` to the sources that it was built from, by their content. `npm run build` writes a stamp into `dist`; a
 * test run compares it with the sources at hand and fails when they differ. Tests run what is in `dist`: on a stale one
 * they would pass, or fail, for code that is no longer there.
 */
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, relative, sep } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));

/** What the compiler reads, the build copies, or is the build. */
const folders = ['src', 'workers', 'bench', 'build', 'test/soak'];
const files = ['tsconfig.json'];
const sourceName = /(?<!\.test)\.(c?ts|html|css|m?js|svg|json)$/;
const resultsOfBenches = 'bench/results/';

/**
 * @param {string} from the project's root.
 * @returns {string} a digest of the names and contents of everything that `dist` is made from.
 */
export function stampOf(from = root) {
  const found = folders.flatMap((folder) =>
    readdirSync(join(from, folder), { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile() && sourceName.test(entry.name))
      .map((entry) => relative(from, join(entry.parentPath, entry.name)).split(sep).join('/')),
  );
  const digest = createHash('sha256');
  for (const file of [...found, ...files].filter((name) => !name.startsWith(resultsOfBenches)).sort())
    digest.update(`${file}\0`).update(
      createHash('sha256')
        .update(readFileSync(join(from, file)))
        .digest(),
    );
  return digest.digest('hex');
}

/**
 * Vitest's `globalSetup`: once, before any test.
 *
 * @throws Error when `dist` is missing or was built from other sources.
 */
export function setup() {
  checkBuild(root);
}

/**
 * @param {string} from the project's root.
 * @throws Error when `dist` is missing or was built from other sources.
 */
export function checkBuild(from) {
  let stamp = 'nothing';
  try {
    stamp = readFileSync(join(from, 'dist', 'built-from'), 'utf8');
  } catch {}
  if (stamp !== stampOf(from)) {
    const state = stamp === 'nothing' ? 'has not been built' : 'was built from other sources than these';
    throw new Error(`dist ${state}: run "npm run build", then the tests again`);
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  writeFileSync(join(root, 'dist', 'built-from'), stampOf());
}
