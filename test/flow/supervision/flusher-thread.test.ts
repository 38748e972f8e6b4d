/**
 * How a flusher's thread is made: its options of Node.js and its environment; and sinks in packages and TypeScript.
 */
import { beforeEach, expect, test } from 'vitest';
import { createBatchFlow, defineSchema, handler, type SinkRef, t } from '../../../dist/src/index.js';

const Event = defineSchema('events', { i: t.int32() });
const words = new Int32Array(new SharedArrayBuffer(16));
const typed = handler(new URL('../../fixtures/sinks/typed-sink.ts', import.meta.url), { words });
const execArgv = ['--import', new URL('../../fixtures/register-tsx.mjs', import.meta.url).href];

beforeEach(() => void words.fill(0));

async function write(sink: SinkRef, settings: object): Promise<void> {
  await using flow = await createBatchFlow({ schema: Event, sink, ...settings });
  flow.pushMany([{ i: 1 }, { i: 2 }]);
  await flow.committed();
}

test('a sink in TypeScript is loaded by tsx, which execArgv imports', async () => {
  await write(typed, { execArgv });
  expect([...words]).toEqual([2, -1, 2, 0]);
});

test('a thread gets the environment that env names, and no other', async () => {
  process.env.OF_THE_TEST = '5';
  try {
    await write(typed, { execArgv });
    expect(words[1]).toBe(5);
    await write(typed, { execArgv, env: { ...process.env, OF_THE_TEST: '7' } });
    expect(words[1]).toBe(7);
    await write(typed, { execArgv, env: { ...process.env, OF_THE_TEST: undefined } });
    expect(words[1]).toBe(-1);
    await write(typed, { execArgv, env: process.env });
    expect(words[1]).toBe(5);
  } finally {
    delete process.env.OF_THE_TEST;
  }
});

test.each([
  ['execArgv', { execArgv: ['--no-such-option'] }],
  ['env', { env: { NODE_OPTIONS: '--no-such-option' } }],
])('options that no thread takes are a mistake of %s', async (key, settings) => {
  await expect(write(typed, settings)).rejects.toMatchObject({
    code: 'ERR_CONFIG',
    key,
    expected: expect.stringMatching(/^options that Node\.js takes for a thread \(.*--no-such-option/),
  });
});

test('a package that is not found says how to look it up from elsewhere', async () => {
  const opened = createBatchFlow({ schema: Event, sink: handler('no-such-package/sink') });
  await expect(opened).rejects.toMatchObject({
    code: 'ERR_SINK',
    message: expect.stringMatching(
      /no-such-package.*: import\.meta\.resolve\('no-such-package\/sink'\) looks from/,
    ),
  });
  const missing = createBatchFlow({ schema: Event, sink: handler('/no/such/file.mjs') });
  await expect(missing).rejects.toMatchObject({
    message: expect.not.stringContaining('import.meta.resolve'),
  });
});

test('what a configuration was made of may change afterwards', async () => {
  const options = { words };
  const sink = { module: typed.module, options };
  const made = createBatchFlow({ schema: Event, sink, execArgv });
  options.words = new Int32Array(new SharedArrayBuffer(16));
  sink.module = 'file:///no/such/module.mjs';
  await using flow = await made;
  flow.push({ i: 1 });
  await flow.committed();
  expect(words[0]).toBe(1);
});
