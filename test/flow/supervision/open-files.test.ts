/**
 * A flow that starts while hardly any file can be opened: the error says what to raise, whatever the thread's own says.
 */
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';

const program = fileURLToPath(new URL('../../fixtures/few-files.mjs', import.meta.url));
const sinkOf = (name: string) => new URL(`../../fixtures/sinks/${name}`, import.meta.url).href;

/** What the program says under a limit of open files. */
async function startWith(left: number, sink: string): Promise<string> {
  const script = 'ulimit -n 256 && exec "$0" "$@"';
  const args = ['-c', script, process.execPath, '--no-warnings', program, String(left), sinkOf(sink)];
  return (await promisify(execFile)('sh', args)).stdout;
}

const advice = / \(only \d+ more files can be opened, .*: raise the limit of open files, "ulimit -n" /;

// It depends on their number, and on Node, which module or thread is the first that fails.
test.each([0, 2, 6])('with %i files left for a flow', async (left) => {
  const said = await startWith(left, 'write-function.cjs');
  expect(said).toMatch(/^ERR_(FLOW_FAILED|SINK) /);
  expect(said).toMatch(advice);
});

test('with enough of them another error stays as it is', async () => {
  const said = await startWith(100, 'broken-open.mjs');
  expect(said).toBe('ERR_SINK the sink did not open: no such place\n');
});
