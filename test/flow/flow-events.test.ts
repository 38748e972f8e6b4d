/**
 * A flow as an event emitter: what Node's users call on one, and names that are no events.
 */
import { EventEmitter, on, once } from 'node:events';
import { beforeEach, expect, onTestFinished, test } from 'vitest';
import { createBatchFlow, defineSchema, type Flow, t } from '../../dist/src/index.js';
import { catchUncaught } from '../fixtures/uncaught.js';
import { until } from '../fixtures/until.js';

const Event = defineSchema('events', { i: t.int32() });
let flow: Flow<typeof Event>;
/** Every message of a flush, whether it had a listener or not. */
let emitted: unknown[];

beforeEach(async () => {
  flow = await createBatchFlow({ schema: Event, onBatch() {} });
  onTestFinished(async () => void (await flow.destroy().catch(() => {})));
  emitted = [];
  const emit: (event: string, ...args: unknown[]) => boolean = flow.emit.bind(flow) as never;
  flow.emit = (event: string, ...args: unknown[]) => {
    emitted.push(event);
    return emit(event, ...args);
  };
});

/** A flush, and all that its flusher posted before its answer. */
async function flush(): Promise<void> {
  flow.push({ i: 1 });
  await flow.flush();
}

test('a flow is an emitter of Node, with its methods', () => {
  expect(flow).toBeInstanceOf(EventEmitter);
  const calls: string[] = [];
  const listeners = { first: () => void calls.push('first'), second: () => void calls.push('second') };
  flow.addListener('close', listeners.second).prependListener('close', listeners.first);
  expect(flow.listenerCount('close')).toBe(2);
  expect(flow.listeners('close')).toEqual([listeners.first, listeners.second]);
  expect(flow.eventNames()).toEqual(['close']);
  flow.emit('close');
  expect(calls).toEqual(['first', 'second']);
  flow.removeListener('close', listeners.first).off('close', listeners.second);
  expect(flow.listenerCount('close')).toBe(0);
});

test('once() and prependOnceListener() listen to one event', async () => {
  const calls: string[] = [];
  flow.once('flush', ({ rows }) => void calls.push(`once ${rows}`));
  flow.prependOnceListener('flush', () => void calls.push('before'));
  await flush();
  await until(() => calls.length === 2, 'the event');
  expect(calls).toEqual(['before', 'once 1']);
  expect(flow.listenerCount('flush')).toBe(0);
});

test.each(['removeListener', 'off', 'removeAllListeners', 'once'] as const)(
  'flushes are reported while there is a listener: gone by %s',
  async (way) => {
    const listener = () => {};
    if (way === 'once') flow.once('flush', listener);
    else flow.on('flush', listener);
    await flush();
    await until(() => emitted.includes('flush'), 'the event');
    if (way === 'removeAllListeners') flow.removeAllListeners('flush');
    else if (way !== 'once') flow[way]('flush', listener);
    emitted.length = 0;
    await flush();
    // What the flusher posts comes in order: this one is behind a report of the flush before.
    flow.on('flush', listener);
    await flush();
    await until(() => emitted.length > 0, 'the next event');
    await flow.close();
    expect(emitted.filter((event) => event === 'flush')).toHaveLength(1);
  },
);

test('events.once() resolves with what the listener would receive', async () => {
  const flushed = once(flow, 'flush');
  await flush();
  expect(await flushed).toMatchObject([{ schema: 'events', rows: 1 }]);
  const closed = once(flow, 'close');
  await flow.close();
  expect(await closed).toEqual([]);
  expect(flow.listenerCount('error')).toBe(0);
});

test('events.once() of a flow that has ended resolves, and a listener is called once', async () => {
  await flow.close();
  expect(await once(flow, 'close')).toEqual([]);
  expect(flow.listenerCount('close')).toBe(0);
  let calls = 0;
  const listener = () => void calls++;
  const removed = () => {
    calls += 100;
  };
  flow.once('close', listener).on('close', removed).off('close', removed);
  await Promise.resolve();
  expect(calls).toBe(1);
});

test('events.on() iterates over events', async () => {
  const stop = new AbortController();
  const flushes = on(flow, 'flush', { signal: stop.signal });
  const seen: number[] = [];
  for (let n = 0; n < 3; n++) {
    await flush();
    const { value } = await flushes.next();
    seen.push(value[0].rows);
  }
  expect(seen).toEqual([1, 1, 1]);
  stop.abort();
  await expect(flushes.next()).rejects.toMatchObject({ name: 'AbortError' });
  expect(flow.listenerCount('flush')).toBe(0);
});

test.each([
  'on',
  'once',
  'off',
  'addListener',
  'removeListener',
  'prependListener',
  'prependOnceListener',
] as const)('%s() of a name that is no event suggests one', (method) => {
  const call = (name: string | symbol) => () => flow[method](name as never, () => {});
  expect(call('flsh')).toThrow(
    expect.objectContaining({
      code: 'ERR_CONFIG',
      key: 'event',
      value: 'flsh',
      expected: 'no such event; did you mean "flush"?',
    }),
  );
  expect(call('data')).toThrow(
    /^event: got "data" \(string\); expected no such event; there are flush, flushError,/,
  );
  expect(call('toString')).toThrow(expect.objectContaining({ code: 'ERR_CONFIG' }));
  expect(call(Symbol('mine'))).toThrow(expect.objectContaining({ code: 'ERR_CONFIG' }));
  expect(flow.eventNames()).toEqual([]);
});

test('newListener and removeListener come as from every emitter, and error never does', async () => {
  const names: unknown[] = [];
  const listener = () => {};
  flow.on('newListener', (event) => void names.push(`+${event}`));
  flow.on('removeListener', (event) => void names.push(`-${event}`));
  flow.on('error', listener);
  flow.removeAllListeners('error');
  expect(names).toEqual(['+removeListener', '+error', '-error']);
  await flow.close();
  expect(emitted).not.toContain('error');
});

test('the error of a listener that comes after the end is uncaught, too', async () => {
  const caught = catchUncaught();
  await flow.close();
  flow.once('close', () => {
    throw new Error('too late');
  });
  await until(() => caught.length > 0, 'the error');
  expect(caught).toEqual([new Error('too late')]);
});
