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
    ['its claim', ['headers.releaseClaim(block);', ''], flusherDies, /for ever|blocks are free/],
    [
      'that its rows are not taken any more',
      ['headers.take(block, taken - rows);', ''],
      flushersDie,
      /mourned/,
    ],
    [
      'to count the death',
      ['headers.setDeaths(block, deaths + 1);', ''],
      flusherDies,
      /taken, and was .*orphaned/,
    ],
    [
      'that a block may be freed and unsaid',
      ['    control.countFreed();\n    for', '    for'],
      flusherDies,
      /for ever/,
    ],
    [
      'to wake flushers',
      ['[control.work, control.room, control.done]', '[control.room, control.done]'],
      flusherDies,
      /for ever|blocks are free/,
    ],
    [
      'who waits for room',
      ['[control.work, control.room, control.done]', '[control.work, control.done]'],
      flusherDies,
      /for ever/,
    ],
    [
      'who waits for a commit',
      ['[control.work, control.room, control.done]', '[control.work, control.room]'],
      flusherDiesAmongRows,
      /for ever/,
    ],
  ])('%s', async (_, change, scenario, message) => {
    findFailure(scenario(await damage('recovery.js', [change])), { ...bounds, deaths: 2 }, message);
  });
});

test('finds a cleaning up after a flusher that takes the rows of a freed block for those of the dead', async () => {
  const look = '    if (headers.owner(block) <= 0)\n        return 0;\n';
  const code = await damage('recovery.js', [[look, '']]);
  findFailure(flusherDies(code), { preemptions: 2 }, /mourned/);
});

test('finds a cleaning up after a producer that seals the block of another', async () => {
  const published = 'const published = headers.published(block);';
  const owner = 'const owner = headers.owner(block);';
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
      ['headers.cancelOpen(block);\n            control.countFreed();', 'headers.cancelOpen(block);'],
      /for ever/,
    ],
    ['to seal', ['headers.seal(block, published);', ';'], /for ever|blocks are free/],
    ['to wake flushers', ['    control.work.signal();\n', ''], /for ever|blocks are free/],
    ['who waits for room', ['    control.room.signal();\n', ''], /for ever/],
  ])('%s', async (_, change, message) => {
    findFailure(producerDies(await damage('recovery.js', [change])), bounds, message);
  });
});

describe('finds a flusher', () => {
  const release = '        this.#release(block);\n        if (free)';
  const finish = 'headers.take(block, committed);';
  test.each<[string, readonly Change[], (code: RingCode) => TinyRing, RegExp]>([
    [
      'that settles what it has freed',
      [
        ['headers.settle(block, to);', ''],
        ['const committed = headers.committed(block);', 'const committed = headers.taken(block);'],
        [finish, ''],
        [release, `        headers.settle(block, committed);\n${release}`],
      ],
      flusherDies,
      /lost/,
    ],
    ['that lets go of rows and leaves them taken', [[finish, '']], abandons, /./],
    [
      'that frees a block and forgets to count it',
      [['this.#control.countFreed();', 'this.#control.freed + 1;']],
      flusherDies,
      /for ever/,
    ],
    [
      'that frees a block and wakes nobody',
      [['if (free)\n            this.#control.room.signal();', '']],
      flusherDies,
      /for ever/,
    ],
    [
      'that settles rows and wakes nobody',
      [['this.#control.done.signal();', '']],
      flusherDiesAmongRows,
      /for ever/,
    ],
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
