/**
 * Faults put into what happens at a death, and into what is done after it: every word and every signal is needed.
 */
import { describe, test } from 'vitest';
import { damage } from './damaged-code.js';
import { addFlusher } from './flusher-thread.js';
import { addProducer } from './producer-thread.js';
import { findFailure } from './proof.js';
import { addSupervisor, addUndertaker } from './supervisor-thread.js';
import { type RingCode, TinyRing } from './tiny-ring.js';

type Change = readonly [string, string];
const bounds = { preemptions: 1 };

/** A flusher dies, while a producer waits for room and another flusher lives. */
function flusherDies(code: RingCode): TinyRing {
  const ring = new TinyRing({ blocks: 1, rowsPerBlock: 1, code });
  addProducer(ring, 1, { blocks: [[1], [1]] });
  addSupervisor(ring, addFlusher(ring, 11, { mortal: true }), 11);
  addFlusher(ring, 12);
  return ring;
}

/** A flusher dies that settles row by row, while a producer waits for commits and another flusher lives. */
function flusherDiesAmongRows(code: RingCode): TinyRing {
  const ring = new TinyRing({ blocks: 1, rowsPerBlock: 2, code });
  addProducer(ring, 1, { blocks: [[2]], waitsForCommit: true });
  addSupervisor(ring, addFlusher(ring, 11, { mortal: true, settlesRows: true }), 11);
  addFlusher(ring, 12);
  return ring;
}

/** Two flushers die. */
function flushersDie(code: RingCode): TinyRing {
  const ring = new TinyRing({ blocks: 1, rowsPerBlock: 1, code });
  addProducer(ring, 1, { blocks: [[1]] });
  const first = addSupervisor(ring, addFlusher(ring, 11, { mortal: true }), 11);
  const second = addSupervisor(ring, addFlusher(ring, 11, { mortal: true, after: first }), 11);
  addFlusher(ring, 11, { after: second });
  return ring;
}

/** A producer dies, while another waits for room. */
function producerDies(code: RingCode): TinyRing {
  const ring = new TinyRing({ blocks: 1, rowsPerBlock: 1, code });
  addUndertaker(ring, addProducer(ring, 1, { blocks: [[1]], mortal: true }), 1);
  addProducer(ring, 2, { blocks: [[1]] });
  addFlusher(ring, 11);
  return ring;
}

describe('finds a cleaning up after a flusher that forgets', () => {
  test.each<[string, Change, (code: RingCode) => TinyRing, RegExp]>([
    [
      'its claim',
      ['Atomics.store(words, at + header.CLAIM, 0);', ''],
      flusherDies,
      /for ever|blocks are free/,
    ],
    [
      'that its rows are not taken any more',
      ['Atomics.store(words, at + header.TAKEN, taken - rows);', ''],
      flushersDie,
      /mourned/,
    ],
    [
      'to count the death',
      ['Atomics.store(words, at + header.DEATHS, deaths + 1);', ''],
      flusherDies,
      /taken, and was .*orphaned/,
    ],
    [
      'that a block may be freed and unsaid',
      ['    Atomics.add(words, control.FREED, 1);\n    for', '    for'],
      flusherDies,
      /for ever/,
    ],
    [
      'to wake flushers',
      ['[control.WORK, control.ROOM, control.DONE]', '[control.ROOM, control.DONE]'],
      flusherDies,
      /for ever|blocks are free/,
    ],
    [
      'who waits for room',
      ['[control.WORK, control.ROOM, control.DONE]', '[control.WORK, control.DONE]'],
      flusherDies,
      /for ever/,
    ],
    [
      'who waits for a commit',
      ['[control.WORK, control.ROOM, control.DONE]', '[control.WORK, control.ROOM]'],
      flusherDiesAmongRows,
      /for ever/,
    ],
  ])('%s', async (_, change, scenario, message) => {
    findFailure(scenario(await damage('recovery.js', [change])), { ...bounds, deaths: 2 }, message);
  });
});

test('finds a cleaning up after a flusher that takes the rows of a freed block for those of the dead', async () => {
  const look = '    if (Atomics.load(words, at + header.OWNER) <= 0)\n        return 0;\n';
  const code = await damage('recovery.js', [[look, '']]);
  findFailure(flusherDies(code), { preemptions: 2 }, /mourned/);
});

test('finds a cleaning up after a producer that seals the block of another', async () => {
  const published = 'const published = Atomics.load(words, at + header.PUBLISHED);';
  const owner = 'const owner = Atomics.load(words, at + header.OWNER);';
  const code = await damage('recovery.js', [
    [published, ''],
    [owner, `${owner} ${published}`],
  ]);
  findFailure(producerDies(code), { preemptions: 2 }, /lost/);
});

describe('finds a cleaning up after a producer that forgets', () => {
  test.each<[string, Change, RegExp]>([
    ['a block that it was opening', ['if (owner === -producer)', 'if (false)'], /for ever|blocks are free/],
    [
      'to say that this block is free',
      [
        'Atomics.store(words, at + header.OWNER, 0);\n            Atomics.add(words, control.FREED, 1);',
        'Atomics.store(words, at + header.OWNER, 0);',
      ],
      /for ever/,
    ],
    [
      'to seal',
      ['Atomics.store(words, at + header.PUBLISHED, published | SEALED);', ''],
      /for ever|blocks are free/,
    ],
    [
      'to wake flushers',
      ['    new EventCount(words, control.WORK).signal();\n', ''],
      /for ever|blocks are free/,
    ],
    ['who waits for room', ['    new EventCount(words, control.ROOM).signal();\n', ''], /for ever/],
  ])('%s', async (_, change, message) => {
    findFailure(producerDies(await damage('recovery.js', [change])), bounds, message);
  });
});

describe('finds a flusher', () => {
  const letGo = '        this.#letGo(block);\n        if (free)';
  const finish = 'Atomics.store(words, at + header.TAKEN, committed);';
  test.each<[string, readonly Change[], (code: RingCode) => TinyRing, RegExp]>([
    [
      'that settles what it has freed',
      [
        ['Atomics.store(words, at + header.COMMITTED, to);', ''],
        [
          'const committed = Atomics.load(words, at + header.COMMITTED);',
          'const committed = Atomics.load(words, at + header.TAKEN);',
        ],
        [finish, ''],
        [letGo, `        Atomics.store(words, at + header.COMMITTED, committed);\n${letGo}`],
      ],
      flusherDies,
      /lost/,
    ],
    ['that lets go of rows and leaves them taken', [[finish, '']], abandons, /./],
    [
      'that frees a block and forgets to count it',
      [['Atomics.add(words, control.FREED, 1);', 'Atomics.load(words, control.FREED);']],
      flusherDies,
      /for ever/,
    ],
    [
      'that frees a block and wakes nobody',
      [['if (free)\n            this.#room.signal();', '']],
      flusherDies,
      /for ever/,
    ],
    ['that settles rows and wakes nobody', [['this.#done.signal();', '']], flusherDiesAmongRows, /for ever/],
  ])('%s', async (_, changes, scenario, message) => {
    findFailure(scenario(await damage('block-claims.js', changes)), bounds, message);
  });
});

/** A flusher lets go of rows that it has taken, and then one dies. */
function abandons(code: RingCode): TinyRing {
  const ring = new TinyRing({ blocks: 1, rowsPerBlock: 2, code });
  addProducer(ring, 1, { blocks: [[1, 2]] });
  addFlusher(ring, 12, { abandons: true });
  addSupervisor(ring, addFlusher(ring, 11, { mortal: true }), 11);
  return ring;
}
