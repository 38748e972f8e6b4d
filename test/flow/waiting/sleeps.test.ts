/**
 * The loop of every wait: how it ends, blocking or not, and that it always takes its announcement back.
 */
import { describe, expect, it } from 'vitest';
import { blockUntil } from '../../../dist/src/flow/waiting/block-until.js';
import { comesTrue, until } from '../../../dist/src/flow/waiting/until.js';
import { EventCount } from '../../../dist/src/ring/event-count.js';

/** An event count on memory of its own; word 1 counts its sleepers. */
function eventCount(): { words: Int32Array; events: EventCount } {
  const words = new Int32Array(new SharedArrayBuffer(8));
  return { words, events: new EventCount(words, 0) };
}

/** A condition that gives these answers one after another; an error is thrown. */
function answering(...answers: (boolean | Error)[]): { looks: number; condition: () => boolean } {
  const looking = {
    looks: 0,
    condition(): boolean {
      const answer = answers[looking.looks++];
      if (answer instanceof Error) throw answer;
      return answer ?? expect.unreachable('a look too many');
    },
  };
  return looking;
}

const ended = new Error('the flow has ended');

const waits = [
  ['blockUntil', async (...parameters: Parameters<typeof blockUntil>) => blockUntil(...parameters)],
  [
    'comesTrue',
    (events: EventCount, condition: () => boolean, timeoutMs: number) =>
      comesTrue(events, condition, { timeoutMs }),
  ],
] as const;

describe.each(waits)('%s', (_, wait) => {
  it('should look once, without an announcement, where the condition holds already', async () => {
    const { events } = eventCount();
    events.announce = () => expect.unreachable('announced');
    const looking = answering(true);
    await expect(wait(events, looking.condition, 60_000)).resolves.toBe(true);
    expect(looking.looks).toBe(1);
  });

  it('should not sleep through a change that comes between its look and its announcement', async () => {
    const { words, events } = eventCount();
    let changed = false;
    const announce = events.announce.bind(events);
    events.announce = () => {
      changed = true;
      return announce();
    };
    events.wait = () => expect.unreachable('slept');
    events.waitAsync = () => expect.unreachable('slept');
    await expect(wait(events, () => changed, 60_000)).resolves.toBe(true);
    expect(words[1]).toBe(0);
  });

  it('should resolve to false when the time is over, after a last look', async () => {
    const { words, events } = eventCount();
    let looks = 0;
    const never = () => {
      looks++;
      return false;
    };
    await expect(wait(events, never, 20)).resolves.toBe(false);
    expect(looks).toBeGreaterThanOrEqual(3);
    expect(words[1]).toBe(0);
  });

  it('should look once before its first sleep and once after each announcement', async () => {
    const { events } = eventCount();
    events.wait = () => {};
    events.waitAsync = () => Promise.resolve();
    // Before the first announcement, then after each of three.
    const looking = answering(false, false, false, true);
    await expect(wait(events, looking.condition, 60_000)).resolves.toBe(true);
    expect(looking.looks).toBe(4);
  });

  it('should treat a time that is over already like one that ends now', async () => {
    const { words, events } = eventCount();
    await expect(wait(events, () => true, -1)).resolves.toBe(true);
    await expect(wait(events, () => false, -1)).resolves.toBe(false);
    expect(words[1]).toBe(0);
  });

  it.each([1, 2])('should throw what the condition throws at look %i', async (look) => {
    const { words, events } = eventCount();
    const looking = answering(...Array(look - 1).fill(false), ended);
    await expect(wait(events, looking.condition, 60_000)).rejects.toBe(ended);
    expect(words[1]).toBe(0);
  });
});

describe('comesTrue', () => {
  it('should prefer a condition that holds to an abort, and an abort to a timeout', async () => {
    const { words, events } = eventCount();
    const signal = AbortSignal.abort(ended);
    await expect(comesTrue(events, () => true, { signal })).resolves.toBe(true);
    await expect(comesTrue(events, () => false, { signal, timeoutMs: 0 })).rejects.toBe(ended);
    expect(words[1]).toBe(0);
  });

  it('should reject with the abort that ends its sleep, without another look', async () => {
    const { words, events } = eventCount();
    const abort = new AbortController();
    let aborted = false;
    const waiting = comesTrue(events, () => aborted, { signal: abort.signal });
    expect(words[1]).toBe(1);
    aborted = true;
    abort.abort(ended);
    await expect(waiting).rejects.toBe(ended);
    expect(words[1]).toBe(0);
  });
});

describe('until', () => {
  it('should name its time in the error', async () => {
    const { events } = eventCount();
    await expect(until(events, () => false, { timeoutMs: 5 })).rejects.toMatchObject({
      code: 'ERR_WAIT_TIMEOUT',
      message: 'not reached within 5 ms',
    });
  });
});
