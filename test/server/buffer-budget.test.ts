/**
 * What all requests hold together: who gets it, who is refused, who is ended for others.
 */
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { BufferBudget, freeBytes } from '../../dist/src/server/buffer-budget.js';
import { HeldBytes } from '../../dist/src/server/held-bytes.js';
import { RequestFault } from '../../dist/src/server/request-fault.js';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const max = 1_000_000;
const refusal = expect.objectContaining({
  status: 503,
  code: 'buffers_full',
  headers: { 'retry-after': '1' },
});

function setUp() {
  const budget = new BufferBudget(max);
  const ended: string[] = [];
  const request = (name: string) => budget.share(() => ended.push(name));
  return { request, ended };
}

function faultOf(work: () => void): unknown {
  try {
    work();
  } catch (error) {
    expect(error).toBeInstanceOf(RequestFault);
    return error;
  }
  return undefined;
}

describe('a request', () => {
  test('that is alone gets what it asks for', () => {
    const { request } = setUp();
    const alone = request('alone');
    alone.hold(10 * max);
    alone.hold(20 * max);
    const other = request('other');
    // What every request has for itself is no matter.
    other.hold(freeBytes);
    expect(faultOf(() => other.hold(freeBytes + 1))).toEqual(refusal);
    alone.hold(0);
    other.hold(5 * max);
  });

  test('that would be too much is refused and stays as it was', () => {
    const { request, ended } = setUp();
    const [first, second] = [request('first'), request('second')];
    first.hold(max / 2 + freeBytes);
    second.hold(max / 4 + freeBytes);
    expect(faultOf(() => second.hold(max / 2 + freeBytes + 1))).toEqual(refusal);
    second.hold(max / 2 + freeBytes);
    expect(faultOf(() => first.hold(max / 2 + freeBytes + 1))).toEqual(refusal);
    // Less is always possible.
    first.hold(max / 4 + freeBytes);
    second.hold(3 * (max / 4) + freeBytes);
    expect(ended).toEqual([]);
  });
});

describe('a slow request', () => {
  test('is ended when others need its bytes, the slowest first, and no more of them than needed', () => {
    const { request, ended } = setUp();
    const slow = ['a', 'b', 'c'].map((name) => request(name));
    for (const share of slow) {
      share.hold(max / 4);
      share.clientWaits();
      vi.advanceTimersByTime(3000);
    }
    // They have waited for 9, 6 and 3 s.
    const other = request('other');
    other.hold(max / 2);
    expect(ended).toEqual(['a']);
    other.hold(max - max / 4);
    expect(ended).toEqual(['a', 'b']);
    // The third one is not slow yet.
    expect(faultOf(() => other.hold(max))).toEqual(refusal);
    vi.advanceTimersByTime(2000);
    other.hold(max);
    expect(ended).toEqual(['a', 'b', 'c']);
  });

  test('is one whose client is slow in all, however often it sends a little', () => {
    const { request, ended } = setUp();
    const drops = request('drops');
    drops.hold(max);
    for (let n = 0; n < 10; n++) {
      drops.clientWaits();
      vi.advanceTimersByTime(600);
      drops.clientCame();
    }
    const other = request('other');
    // It has something to do now: its bytes may be complete.
    expect(faultOf(() => other.hold(max / 2))).toEqual(refusal);
    drops.clientWaits();
    other.hold(max / 2);
    expect(ended).toEqual(['drops']);
  });

  test('is not one that holds nothing, nor one whose next line has only begun', () => {
    const { request, ended } = setUp();
    const [lines, full] = [request('lines'), request('full')];
    lines.clientWaits();
    vi.advanceTimersByTime(60_000);
    lines.clientCame();
    lines.hold(max / 2);
    lines.clientWaits();
    vi.advanceTimersByTime(4000);
    expect(faultOf(() => full.hold(max))).toEqual(refusal);
    lines.clientCame();
    lines.hold(0);
    lines.hold(max / 2);
    lines.clientWaits();
    vi.advanceTimersByTime(4000);
    expect(faultOf(() => full.hold(max))).toEqual(refusal);
    expect(ended).toEqual([]);
  });
});

describe('bytes that are held', () => {
  test('are one buffer, whatever pieces they come in, and are counted by its size', () => {
    const sizes: number[] = [];
    const held = new HeldBytes({ hold: (bytes) => sizes.push(bytes) }, 10_000);
    for (let n = 0; n < 10_000; n++) held.add(Buffer.from([n & 0xff]));
    expect(held.bytes).toEqual(Buffer.from(Array.from({ length: 10_000 }, (_, n) => n & 0xff)));
    expect(sizes).toEqual([...Array.from({ length: 14 }, (_, n) => 2 ** n), 10_000]);
    held.clear();
    expect([held.length, held.bytes.length, sizes.at(-1)]).toEqual([0, 0, 0]);
  });

  test('are no more than before when the next ones are refused', () => {
    const { request } = setUp();
    request('other').hold(max + freeBytes);
    const held = new HeldBytes(request('refused'), max);
    held.add(Buffer.alloc(freeBytes, 1));
    expect(faultOf(() => held.add(Buffer.alloc(1000)))).toEqual(refusal);
    expect(held.bytes).toEqual(Buffer.alloc(freeBytes, 1));
  });
});
