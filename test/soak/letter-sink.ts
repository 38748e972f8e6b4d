/**
 * The sink of a soak's dead letters: writes into the ledger which rows were given up.
 */

import { Random } from '../../bench/harness/random.js';
import type { Batch } from '../../src/schema/read/batch.js';
import { defineSink } from '../../src/sink.js';
import { isBad, isWhole } from './events.js';
import { Ledger, type LedgerMemory } from './ledger.js';
import type { SinkPlan } from './plan.js';

export default defineSink(({ memory, plan }: { memory: LedgerMemory; plan: SinkPlan }) => {
  const ledger = new Ledger(memory);
  const random = new Random(plan.seed ^ process.pid);
  return {
    write(batch: Batch) {
      if (plan.lettersFail && random.chance(0.3)) throw new Error('retry');
      for (const letter of batch.rows() as { row: string; reason: string }[]) {
        const row = JSON.parse(letter.row);
        const number = ledger.rowOf(row.source, row.i);
        if (!isWhole(row)) ledger.fault('a letter that cannot be read', number);
        if (letter.reason === 'fatal' && !isBad(row.source, row.i))
          ledger.fault('a healthy row given up as a bad one', number);
        ledger.letter(number, letter.reason === 'crash');
      }
    },
    classify: () => 'retry',
  };
});
