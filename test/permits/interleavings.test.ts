/**
 * Holders of permits in every interleaving, with deaths before each step: none works without a permit, none sleeps for
 * ever while one is free, none that waits is overtaken by one that came later.
 */
import { describe, expect, test } from 'vitest';
import { createPermitMemory, idOf, permitAt, place, placeAt } from '../../dist/src/permits/permit-memory.js';
import { Places } from '../../dist/src/permits/places.js';
import type { Bounds, Plain, Scenario, SimulatedThread } from '../ring/interleavings/scenario.js';
import { walk } from '../ring/interleavings/simulator.js';
import { damage, type PermitCode, permitCode } from './damaged-permits.js';

/** What is told of a thread: a bit, moved by the thread's number. */
const threadsMax = 6;
const works = 1;
const isDead = 1 << threadsMax;
/** One bit in each of two rounds. */
const waits = 1 << (2 * threadsMax);
const bothRounds = waits | (waits << threadsMax);
/** It works no longer; told with the thread's number. */
const leaves = 1 << (4 * threadsMax);

class Permitted {
  readonly memory;
  readonly threads: SimulatedThread[] = [];
  readonly #words;

  constructor(
    readonly permits: number,
    places: number,
    readonly code: PermitCode = permitCode,
  ) {
    this.memory = createPermitMemory(permits);
    this.#words = new Int32Array(this.memory.memory);
    // As each flow's creating thread does it. Tickets are about to wrap.
    this.#words[0] = -2;
    for (let of = 0; of < places; of++) expect(new Places(this.memory).take(100, 0, () => false)).toBe(of);
  }

  /** A holder that works a few times. @returns its number. */
  addHolder(
    of: number,
    options: { rounds?: number; mortal?: boolean; after?: number; leavesWoken?: boolean } = {},
  ): number {
    const { rounds = 1, mortal = false, after, leavesWoken = false } = options;
    const thread = this.threads.length;
    const run = (plain: Plain) => {
      const words = this.#words;
      const permits = new this.code.Permits(this.memory, of, thread + 1);
      const id = idOf(of, Atomics.load(words, placeAt(this.permits, of, place.GENERATION)));
      for (let round = 0; round < rounds; round++) {
        const earlier = Array.from({ length: 2 * threadsMax }, (_, n) => waits << n).filter((bit) =>
          plain.told(0, bit),
        );
        for (;;) {
          const epoch = permits.request();
          if (permits.tryTake()) break;
          plain.tell(0, waits << (thread + round * threadsMax));
          Atomics.wait(words, placeAt(this.permits, of, place.EPOCH), epoch);
          if (leavesWoken) {
            plain.tell(0, leaves | thread);
            return permits.withdraw();
          }
        }
        plain.tell(0, works << thread);
        // Of several permits a holder may have one, and not have told of it.
        if (this.permits === 1 && earlier.some((bit) => plain.told(0, bit)))
          throw new Error('a holder that waited was overtaken');
        let found = false;
        for (let permit = 0; permit < this.permits; permit++)
          found = plain.load(permitAt(permit)) === id || found;
        if (!found) throw new Error('a permit was freed while its holder worked');
        plain.tell(0, leaves | thread);
        permits.giveBack();
      }
    };
    this.threads.push({ name: `holder ${thread}`, mortal, run, ...(after !== undefined && { after }) });
    return thread;
  }

  /** The thread that has started a holder cleans up. @returns its number. */
  addSupervisor(of: number, after: number): number {
    const run = () => new this.code.Places(this.memory).cleanUp(of);
    this.threads.push({ name: `supervisor of ${of}`, run, after });
    return this.threads.length - 1;
  }

  /** A thread that waits looks for dead ones. @param after what begins before it. */
  addLooker(after: number): void {
    const run = (plain: Plain) => {
      const places = new this.code.Places(this.memory);
      places.freeDead((mark) => mark > 0 && plain.told(0, isDead << (mark - 1)));
    };
    this.threads.push({ name: 'looker', run, after });
  }

  scenario(): Scenario {
    const words = this.#words;
    const { permits } = this;
    return {
      words,
      threads: this.threads,
      subjects: 1,
      witness(_, event, before, thread) {
        if (event >= leaves) return before & ~((works | bothRounds) << (event & (leaves - 1)));
        if (event >= waits) return before | event;
        const inside = (before | event) & (isDead - 1) & ~(before >> threadsMax);
        if (count(inside) > permits) throw new Error('more work than there are permits');
        return (before | event) & ~(bothRounds << thread);
      },
      stored() {},
      died: (thread, before) => (before | (isDead << thread)) & ~(bothRounds << thread),
      atEnd() {
        for (let permit = 0; permit < permits; permit++)
          if (words[permitAt(permit)] !== 0) throw new Error('a permit is held for ever');
        const { waiting } = new Places({ permits, memory: words.buffer as SharedArrayBuffer }).usage();
        if (waiting > 0) throw new Error('a ticket stands for ever');
      },
    };
  }
}

function count(bits: number): number {
  let n = 0;
  for (let left = bits; left !== 0; left &= left - 1) n++;
  return n;
}

function search(permitted: Permitted, bounds: Bounds) {
  const began = performance.now();
  const walked = walk(permitted.scenario(), bounds);
  const seconds = ((performance.now() - began) / 1000).toFixed(1);
  const name = expect.getState().currentTestName;
  console.log(`${name}: ${walked.schedules.toLocaleString('en')} schedules, ${seconds} s`);
  return walked.failure;
}

function proveSound(permitted: Permitted, bounds: Bounds): void {
  const failure = search(permitted, bounds);
  const steps = failure?.trace.map(({ thread, operation, index, operand, result }) =>
    [permitted.threads[thread]?.name, operation, index, operand, result].join(' '),
  );
  if (failure !== undefined) throw new Error([failure.message, ...(steps ?? [])].join('\n'));
}

/** Three holders of so many permits. */
function three(permits: number, code?: PermitCode): Permitted {
  const permitted = new Permitted(permits, 3, code);
  permitted.addHolder(0, { rounds: 2 });
  permitted.addHolder(1);
  permitted.addHolder(2);
  return permitted;
}

/** Three holders of one permit, of which the second leaves as soon as it is woken, as when its flow stops. */
function leaving(code?: PermitCode): Permitted {
  const permitted = new Permitted(1, 3, code);
  permitted.addHolder(0);
  permitted.addHolder(1, { leavesWoken: true });
  permitted.addHolder(2);
  return permitted;
}

/** A holder dies; its supervisor and another thread clean up, and it is started again while others wait. */
function death(permits: number, code?: PermitCode): Permitted {
  const permitted = new Permitted(permits, 2, code);
  const mortal = permitted.addHolder(0, { mortal: true });
  permitted.addHolder(1);
  const supervisor = permitted.addSupervisor(0, mortal);
  permitted.addLooker(mortal);
  permitted.addHolder(0, { after: supervisor });
  return permitted;
}

describe('holders', () => {
  test('of one permit work one at a time, and none is left asleep', () => {
    proveSound(three(1), { preemptions: 2 });
  });

  test('of two permits work two at a time, and none is left asleep', () => {
    proveSound(three(2), { preemptions: 2 });
  });

  test('that are woken and leave let the next one have its turn', () => {
    proveSound(leaving(), { preemptions: 3 });
  });

  test('that die anywhere are cleaned up after by two threads, and started again', () => {
    proveSound(death(1), { preemptions: 2 });
  });

  test('that die while they wait keep nobody from working', () => {
    const permitted = new Permitted(1, 3);
    const mortal = permitted.addHolder(0, { mortal: true });
    permitted.addHolder(1);
    permitted.addHolder(2);
    permitted.addSupervisor(0, mortal);
    proveSound(permitted, { preemptions: 1 });
  });

  test('of which two die, one after the other', () => {
    const permitted = new Permitted(1, 2);
    const first = permitted.addHolder(0, { mortal: true });
    const supervisor = permitted.addSupervisor(0, first);
    const second = permitted.addHolder(0, { mortal: true, after: supervisor });
    permitted.addSupervisor(0, second);
    permitted.addHolder(1);
    proveSound(permitted, { preemptions: 1, deaths: 2 });
  });
});

describe('the search finds', () => {
  const givesBack = [
    'if (at !== undefined && Atomics.compareExchange(this.#words, at, this.#id, 0) === this.#id)',
    '      wakeOldest(this.#words, this.#permits);',
  ].join('\n');
  test.each([
    ['a permit that is given back in silence', [givesBack, 'if (at) Atomics.store(this.#words, at, 0);']],
    [
      'a look for tickets before the permit is given back',
      [givesBack, 'wakeOldest(this.#words, this.#permits);\nif (at) Atomics.store(this.#words, at, 0);'],
    ],
    [
      'a holder that does not pass on what it leaves',
      ['if (this.#anyFree) wakeOldest(this.#words, this.#permits);', ''],
    ],
    ['a wake-up without a new epoch', ['  Atomics.add(words, epoch, 1);\n', '']],
  ] as const)('%s', async (_, change) => {
    const failure = search(leaving(await damage('permits', change)), { preemptions: 3 });
    expect(failure?.message ?? 'nothing').toMatch(/for ever/);
  });

  test('holders that do not look at the tickets of others', async () => {
    const code = await damage('permits', [
      'if (!outOfTurn && !this.#isFirst) return false;',
      'void outOfTurn;',
    ]);
    expect(search(three(1, code), { preemptions: 2 })?.message).toMatch(/overtaken/);
  });

  test.each([
    [
      'a death that leaves a permit',
      ['      Atomics.compareExchange(this.#words, permitAt(permit), id, 0);', '      void permit, id;'],
      /for ever/,
    ],
    [
      'a death that leaves a ticket',
      ['if (ticket !== 0) Atomics.compareExchange', 'if (ticket > 1e9) Atomics.compareExchange'],
      // The next holder of the place has the dead one's ticket.
      /overtaken/,
    ],
    [
      'a cleaner that takes the next holder for the dead one',
      ['    Atomics.store(this.#words, this.#at(of, place.MARK), 0);\n', ''],
      /freed while/,
    ],
    [
      'a death of which nobody is told',
      [
        '    wakeOldest(this.#words, this.#permits);\n  }\n\n  /** All threads see',
        '  }\n\n  /** All threads see',
      ],
      /for ever/,
    ],
  ] as const)('%s', async (_, change, message) => {
    const failure = search(death(1, await damage('places', change)), { preemptions: 2 });
    expect(failure?.message ?? 'nothing').toMatch(message);
  });
});
