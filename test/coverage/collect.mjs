/**
 * The first part of `npm run coverage`: runs the tests, and keeps of each thread and process what it ran of `dist`.
 *
 *     node test/coverage/collect.mjs test/flow    runs these tests alone
 */
import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../..', import.meta.url));
const raw = join(root, 'coverage', 'raw');
const lengths = new Map();

/** Whether a script is a file of `dist` as it lies there: a loader may have transformed it, which moves its lines. */
function isOwn({ url, functions: [whole] }) {
  if (!url.startsWith('file:')) return false;
  const path = fileURLToPath(url);
  if (!path.startsWith(join(root, 'dist', '/'))) return false;
  if (!lengths.has(path)) lengths.set(path, readFileSync(path, 'utf8').length);
  return whole?.ranges[0]?.endOffset === lengths.get(path);
}

rmSync(join(root, 'coverage'), { recursive: true, force: true });
const { status } = spawnSync('npx', ['vitest', 'run', ...process.argv.slice(2)], {
  cwd: root,
  stdio: 'inherit',
  env: { ...process.env, NODE_V8_COVERAGE: raw },
});
for (const name of readdirSync(raw)) {
  const file = join(raw, name);
  try {
    const { result } = JSON.parse(readFileSync(file, 'utf8'));
    writeFileSync(file, JSON.stringify({ result: result.filter(isOwn) }));
  } catch {
    // A process was killed while it wrote.
    rmSync(file);
  }
}
process.exitCode = status ?? 1;
