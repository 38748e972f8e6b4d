/**
 * What ends a request, and what does not, by a clock that the test moves.
 */
import { EventEmitter } from 'node:events';
import { Readable } from 'node:stream';
import { gzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { bodyChunks } from '../../dist/src/server/body-chunks.js';
import { BufferBudget } from '../../dist/src/server/buffer-budget.js';
import { RequestLife } from '../../dist/src/server/request-life.js';

const clientTimeoutMs = 1000;
const minutes = 60_000;

beforeEach(() => void vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] }));
afterEach(() => void vi.useRealTimers());

/** A request whose client is the test. */
function setUp(headers: Record<string, string> = {}) {
  const socket = Object.assign(new EventEmitter(), { bytesRead: 0, destroyed: false });
  const request = Object.assign(new Readable({ read() {} }), { headers, socket, complete: false });
  const response = Object.assign(new EventEmitter(), { writableFinished: false });
  const stopping = new AbortController();
  const budget = new BufferBudget(1_000_000);
  const options = { stopping: stopping.signal, clientTimeoutMs, budget };
  const life = new RequestLife(request as never, response as never, options);
  return {
    socket,
    response,
    stopping,
    life,
    send(bytes: string | Buffer) {
      socket.bytesRead += bytes.length;
      request.push(bytes);
    },
    finish() {
      request.complete = true;
      request.push(null);
    },
  };
}

/** Read a body until the hand is taken off. */
function reader(life: RequestLife) {
  const chunks = bodyChunks(life);
  const read: string[] = [];
  return {
    read,
    /** Take the next chunk. */
    async next() {
      const { value, done } = await chunks.next();
      if (!done) read.push(String(value));
      return !done;
    },
  };
}

describe('a request is ended', () => {
  test('when its client sends nothing for the time that it has, while the service waits', async () => {
    const { life, send } = setUp();
    const { next } = reader(life);
    send('a');
    await next();
    const waiting = next();
    const ended = expect(waiting).rejects.toMatchObject({ status: 408, code: 'client_timeout' });
    await vi.advanceTimersByTimeAsync(clientTimeoutMs - 1);
    expect(life.ended.aborted).toBe(false);
    await vi.advanceTimersByTimeAsync(1);
    await ended;
    expect(life.clientGone).toBe(false);
  });

  test('when its client goes, the service stops, or others need its bytes: the first reason counts', async () => {
    for (const [end, fault] of [
      [({ socket }) => socket.emit('close'), { status: 400, code: 'aborted' }],
      [({ stopping }) => stopping.abort(), { status: 503, code: 'stopping' }],
      [({ life }) => life.buffers.evict({ code: 'buffers_full' } as never), { code: 'buffers_full' }],
    ] as [(setup: ReturnType<typeof setUp>) => void, object][]) {
      const setup = setUp();
      const ended = expect(reader(setup.life).next()).rejects.toMatchObject(fault);
      end(setup);
      for (const later of [setup.stopping, { abort: () => setup.socket.emit('close') }]) later.abort();
      await ended;
      expect(setup.life.ended.reason).toMatchObject(fault);
    }
  });
});

describe('a request is not ended', () => {
  test('while the service takes its time: for rows that wait for their target', async () => {
    const { life, send, finish, response } = setUp();
    const { next, read } = reader(life);
    send('a');
    await next();
    await vi.advanceTimersByTimeAsync(10 * minutes);
    // Nor does Node end it, because nothing moves on its connection.
    expect(response.emit('timeout')).toBe(true);
    send('b');
    await next();
    await vi.advanceTimersByTimeAsync(10 * minutes);
    finish();
    expect(await next()).toBe(false);
    expect(read).toEqual(['a', 'b']);
    expect(life.ended.aborted).toBe(false);
    life.close();
    expect(response.emit('timeout')).toBe(false);
    expect(vi.getTimerCount()).toBe(0);
  });

  test('while its client sends something now and then', async () => {
    const { life, send, finish } = setUp();
    const { next, read } = reader(life);
    for (let n = 0; n < 100; n++) {
      const waiting = next();
      await vi.advanceTimersByTimeAsync(clientTimeoutMs - 1);
      send('x');
      await waiting;
    }
    finish();
    expect(await next()).toBe(false);
    expect(read.length).toBe(100);
  });

  test('nor while what it sends unpacks to nothing yet', async () => {
    const { life, send, finish } = setUp({ 'content-encoding': 'gzip' });
    const { next, read } = reader(life);
    const waiting = next();
    for (const byte of gzipSync('hello')) {
      await vi.advanceTimersByTimeAsync(clientTimeoutMs - 1);
      send(Buffer.from([byte]));
    }
    finish();
    for (let more = await waiting; more; ) more = await next();
    expect(read.join('')).toBe('hello');
  });

  test('by its silence once all has come', async () => {
    const { life, finish } = setUp();
    const { next } = reader(life);
    const waiting = next();
    await vi.advanceTimersByTimeAsync(1);
    finish();
    expect(await waiting).toBe(false);
    await vi.advanceTimersByTimeAsync(10 * minutes);
    expect(life.ended.aborted).toBe(false);
  });
});

test('many requests may be under way on one connection', () => {
  const warnings = vi.spyOn(process, 'emitWarning');
  const { life } = setUp();
  const another = () => {
    const options = { stopping: new AbortController().signal, clientTimeoutMs, budget: new BufferBudget(1) };
    return new RequestLife(life.request, new EventEmitter() as never, options);
  };
  const others = Array.from({ length: 50 }, another);
  for (const other of others.slice(0, 10)) other.close();
  life.request.socket.emit('close');
  expect(others.map(({ clientGone }) => clientGone)).toEqual(others.map((_, n) => n >= 10));
  for (const other of others) other.close();
  expect(life.request.socket.listenerCount('close')).toBe(0);
  expect(warnings).not.toHaveBeenCalled();
});
