/**
 * A thread that dies in its sleep, or on its way there: what it had announced is taken back, and never more than that.
 */
import { describe, expect, it } from 'vitest';
import { control, createRingMemory, wordsOf } from '../../dist/src/ring/layout.js';
import { RingControl } from '../../dist/src/ring/ring-control.js';
import { SleepNotes, type SleepsOn } from '../../dist/src/ring/sleep-notes.js';
import { dieEverywhere } from '../fixtures/mortal.js';

const ring = createRingMemory(2, 8);
const events: readonly SleepsOn[] = ['work', 'room', 'roomy', 'done'];
const at = { work: control.WORK, room: control.ROOM, roomy: control.ROOMY, done: control.DONE };
const dead = 1;
const alive = 2;

describe.each(events)('a sleeper on %s', (on) => {
  const sleepers = () => wordsOf(ring)[at[on] + 1] as number;

  it('that dies should leave no announcement, or one too many for a moment, wherever it dies', async () => {
    let tooMany = 0;
    const steps = await dieEverywhere((thread) => {
      wordsOf(ring).fill(0);
      const memory = SleepNotes.createMemory(2);
      new RingControl(ring, new SleepNotes(memory, alive))[on].announce();
      const lived = thread.live(() => {
        const count = new RingControl(ring, new SleepNotes(memory, dead))[on];
        // Two waits at once, one after another, and again.
        for (let n = 0; n < 2; n++) {
          count.announce();
          count.announce();
          count.retire();
          count.retire();
        }
      });
      for (const time of ['once', 'twice']) {
        new SleepNotes(memory, dead).retireAll(new RingControl(ring));
        expect(sleepers(), time).toBeGreaterThanOrEqual(1);
        expect(sleepers(), time).toBeLessThanOrEqual(2);
      }
      if (sleepers() === 2) tooMany++;
      return lived;
    });
    // Announcing takes three steps, and taking it back two; between two of them the announcement is not noted.
    expect(steps).toBe(2 * (2 * 3 + 2 * 2));
    expect(tooMany).toBe(2 * (2 + 2));
  });

  it('that has given its id back should keep its announcement when the next one dies', () => {
    wordsOf(ring).fill(0);
    const memory = SleepNotes.createMemory(2);
    const notes = new SleepNotes(memory, dead);
    const count = new RingControl(ring, notes)[on];
    count.announce();
    notes.detach();
    new RingControl(ring, new SleepNotes(memory, dead))[on].announce();
    new SleepNotes(memory, dead).retireAll(new RingControl(ring));
    expect(sleepers()).toBe(1);
    count.retire();
    expect(sleepers()).toBe(0);
  });
});
