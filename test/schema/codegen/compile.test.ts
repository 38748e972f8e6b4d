/**
 * How generated code becomes functions: laid out, named by its place, printed on demand.
 */
import { spawnSync } from 'node:child_process';
import { expect, test } from 'vitest';
import { ifThen, sourceText, sum } from '../../../dist/src/schema/codegen/code.js';
import { compile } from '../../../dist/src/schema/codegen/compile.js';

test('lines of code are indented as deep as their lists lie', () => {
  expect(sourceText(['if (a) {', ['b();', '', ['c();'], []], '}'])).toBe('if (a) {\n  b();\n    c();\n}\n');
});

test('a sum is broken where its line would be long', () => {
  expect(sum('x = ', ['a', 'b'], ';')).toEqual(['x = a + b;']);
  const long = 'a'.repeat(40);
  expect(sourceText(sum('x = ', [long, long], ';'))).toBe(`x =\n  ${long} +\n  ${long};\n`);
  expect(sourceText(ifThen(long, 'return;'))).toBe(`if (${long}) return;\n`);
  expect(sourceText(ifThen(`${long}${long}`, 'return;'))).toBe(`if (${long}${long})\n  return;\n`);
});

test('what is compiled is strict, takes parameters, and is named by its place in stack traces', () => {
  const fail = compile<(a: number, b: number) => void>(
    ['some schema', 'writer'],
    ['a', 'b'],
    ['if (this !== undefined) return;', "throw new Error('sum ' + (a + b));"],
  );
  try {
    fail(1, 2);
    expect.unreachable();
  } catch (error) {
    expect((error as Error).message).toBe('sum 3');
    // Two lines are the head that `new Function` gives it, and one says that it is strict.
    expect((error as Error).stack).toMatch(/\(batchflow\/some%20schema\/writer-\d+\.js:5:7\)/);
  }
});

test('the same code is compiled from another text each time', () => {
  const [one, two] = [0, 1].map(() => compile<() => void>(['same'], [], ['return;']));
  expect(String(one)).not.toBe(String(two));
});

const index = new URL('../../../dist/src/index.js', import.meta.url);
const script = `
  import { batchOf, defineSchema, t } from ${JSON.stringify(index.href)};
  const schema = defineSchema('requests', { path: t.label(), status: t.uint16() });
  try {
    batchOf(schema, [{ path: '/', status: -1 }]);
  } catch (error) {
    console.log(error.stack);
  }
`;

/** What a process with this environment writes while it runs the script. */
function run(env: NodeJS.ProcessEnv): { stdout: string; stderr: string } {
  return spawnSync(process.execPath, ['--input-type=module', '--eval', script], {
    encoding: 'utf8',
    env: { ...process.env, ...env },
  });
}

test('NODE_DEBUG=batchflow:codegen prints the source, line by line as stack traces count them', () => {
  const { stdout, stderr } = run({ NODE_DEBUG: 'batchflow:codegen' });
  const [, line] = stdout.match(/batchflow\/requests\/writer-1\.js:(\d+)/) ?? [];
  const lines = stderr.split('\n');
  expect(lines[0]).toMatch(/^BATCHFLOW:CODEGEN \d+: batchflow\/requests\/writer-1\.js$/);
  expect(lines[Number(line)]).toMatch(/throw eventFault\(schema, "status", value1\);$/);
});

test('nothing is printed otherwise', () => {
  const { stdout, stderr } = run({ NODE_DEBUG: '' });
  expect(stdout).toContain('EventError');
  expect(stderr).toBe('');
});
