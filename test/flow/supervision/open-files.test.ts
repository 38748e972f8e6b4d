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

const advice = /Only \d+ more files can be opened, .*: raise the limit of open files \(ulimit -n; /;

test.each([0, 4, 10])('with %i files left for a thread', async (left) => {
  const said = await startWith(left, 'measuring-sink.mjs');
  expect(said).toMatch(/^ERR_FLOW_FAILED flow "events" failed: flusher 1 keeps dying: /);
  expect(said).toMatch(advice);
});

test('with enough of them another error stays as it is', async () => {
  const said = await startWith(150, 'broken-open.mjs');
  expect(said).toBe('ERR_SINK the sink did not open: no such place\n');
});
