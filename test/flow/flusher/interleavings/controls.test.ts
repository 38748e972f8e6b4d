/**
 * Faults of deduplication put in on purpose: a search that does not find them proves nothing.
 */
import { expect, test } from 'vitest';
import { findFailure } from '../../../ring/interleavings/proof.js';
import { damage } from './damaged-dedupe.js';
import type { KeyedRing } from './keyed-ring.js';
import {
  blockIsReopened,
  flusherDies,
  oneOfTwoDies,
  oneOfTwoDiesOverKeys,
  rowsWaitBehind,
} from './scenarios.js';

type Changes = Parameters<typeof damage> extends [string, ...infer C] ? C : never;
type Scenario = (faults: { readonly code: Awaited<ReturnType<typeof damage>> }) => KeyedRing;

const bounds = { preemptions: 1 };

test.each<[string, string, Changes, Scenario, RegExp]>([
  [
    'settles a newer row before an older one of its key',
    'taken-rows',
    [[' || this.#waitsForOlder(row, at, endings)', '']],
    flusherDies,
    /of key 1 row 1 is stored, not 2/,
  ],
  [
    'ends a duplicate at once',
    'taken-rows',
    [
      [
        'this.#open = this.#kept.length;\n  }',
        `this.#open = this.#kept.length;
          if (this.#kept.length === length) return;
          this.#endings = new Uint8Array(length).fill(duplicate);
          for (const row of this.#kept) this.#endings[row] = open;
          this.#settle(this.#endings);
        }`,
      ],
    ],
    oneOfTwoDiesOverKeys,
    /is lost: settled/,
  ],
  [
    'keeps the oldest row of a key',
    'dedupe',
    [["kept < 0 || keep !== 'first'", 'kept < 0']],
    flusherDies,
    /is lost: settled/,
  ],
  [
    'leaves the duplicates of a stored row open',
    'taken-rows',
    [['for (const row of this.#withDuplicates(rows)) this.#endings[row] = duplicate;', '']],
    flusherDies,
    /is delivered, and was .*delivered|runs on without end/,
  ],
  [
    'takes rows of which it has not read the keys',
    'batch-taker',
    [['keys === undefined ? end : Math.min(end, keys.endOf(seen))', 'end']],
    rowsWaitBehind,
    /undefined/,
  ],
  [
    'takes the keys of a block for those of the rows that came into it since',
    'waiting-keys',
    [['!this.#allWait(waiting)', 'false']],
    blockIsReopened,
    /runs on without end/,
  ],
  [
    'keeps the claim of a block that it only looked at',
    'waiting-keys',
    [['this.claims.letGo(seen.block);', '']],
    oneOfTwoDiesOverKeys,
    /for ever/,
  ],
  [
    'settles rows before it notes that',
    'block-share',
    [
      ['      tools.claims.settle(block, row);\n', ''],
      ['tools.settlement.begin', 'tools.claims.settle(block, row);\ntools.settlement.begin'],
    ],
    oneOfTwoDies,
    /\d rows are counted, not 2/,
  ],
  [
    'crosses the note out before it settles',
    'block-share',
    [
      ['      tools.claims.settle(block, row);\n', ''],
      ['tools.settlement.end();', 'tools.settlement.end();\ntools.claims.settle(block, row);'],
    ],
    oneOfTwoDies,
    /is mourned/,
  ],
])('finds a flusher that %s', async (_, module, changes, scenario, message) => {
  findFailure(scenario({ code: await damage(module, ...changes) }), bounds, message);
});

test('finds a damaged module that has changed since the damage was written', async () => {
  await expect(damage('dedupe', ['no such text', ''])).rejects.toThrow('does not have this once');
});
