/**
 * Round after round, until enough of them, or enough deaths; the sums of what they came to.
 */
import { createLedgerMemory } from './ledger.js';
import { ownedRound } from './owned-flow.js';
import { planOf } from './plan.js';
import { ProducerPool } from './producer-pool.js';
import { Round } from './round.js';

/** After so many rounds comes one with a flow that a worker owns. */
const roundsPerOwned = 5;

export interface SoakOptions {
  readonly seed: number;
  /** The first round's number: rounds of one seed differ by it. */
  readonly first: number;
  readonly rounds: number;
  /** End before all rounds have been played when so many threads were killed. */
  readonly kills: number;
  /** Go on after a round that went wrong. */
  readonly goOn?: boolean;
  /** Told of each round. */
  progress?(totals: Totals): void;
}

export interface Totals {
  rounds: number;
  kills: number;
  seconds: number;
  deaths: Record<string, number>;
  rows: Record<string, number>;
  /** What went wrong, when the soak goes on all the same. */
  failures: string[];
}

/** @throws Error when a round goes wrong: with its number, its seed, and what the flow and its ring looked like. */
export async function soak(options: SoakOptions): Promise<Totals> {
  const began = performance.now();
  const memory = createLedgerMemory();
  const totals: Totals = { rounds: 0, kills: 0, seconds: 0, deaths: {}, rows: {}, failures: [] };
  let pool = new ProducerPool();
  try {
    for (let n = 0; n < options.rounds && totals.kills < options.kills; n++) {
      const plan = planOf(options.seed, options.first + n);
      totals.rounds++;
      try {
        const { tally, deaths } = await new Round(plan, memory, pool).run();
        add(totals.rows, { ...tally });
        add(totals.deaths, deaths);
        totals.kills += Object.values(deaths).reduce((a, b) => a + b, 0);
        if (n % roundsPerOwned === 0) {
          const { end, rows } = await ownedRound(options.seed, options.first + n);
          add(totals.rows, { owned: rows });
          add(totals.deaths, { [`owner: ${end}`]: 1 });
        }
      } catch (error) {
        const message = `seed ${options.seed} ${(error as Error).message}`;
        if (!options.goOn) throw new Error(message, { cause: error });
        totals.failures.push(message);
        // Its threads may still be at work.
        await pool.close();
        pool = new ProducerPool();
      }
      totals.seconds = (performance.now() - began) / 1000;
      options.progress?.(totals);
    }
  } finally {
    await pool.close();
  }
  return totals;
}

function add(sums: Record<string, number>, more: Record<string, number>): void {
  for (const [name, count] of Object.entries(more)) sums[name] = (sums[name] ?? 0) + count;
}
