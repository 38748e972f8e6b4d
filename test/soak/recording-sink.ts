/**
 * The sink of a soak: writes every row of every batch into the ledger, has faults, and dies when it is told to.
 */
import { setTimeout as pause } from 'node:timers/promises';
import { threadId } from 'node:worker_threads';
import { Random } from '../../bench/harness/random.js';
import type { RowOf } from '../../src/schema/columns/schema.js';
import type { Batch } from '../../src/schema/read/batch.js';
import { defineSink } from '../../src/sink.js';
import { die } from './dying.js';
import { isBad, isWhole, type Soaked } from './events.js';
import { fate, Ledger, type LedgerMemory } from './ledger.js';
import { type Kill, kills, type SinkPlan } from './plan.js';

export interface RecordingOptions {
  readonly memory: LedgerMemory;
  readonly plan: SinkPlan;
  readonly concurrent: number;
  /** Whether rows of a source come in order: one flusher for them, one batch at a time. */
  readonly ordered: boolean;
}

type Row = RowOf<typeof Soaked>;

/** A life must have stored so many writes before it may be ended: a flow whose flushers only die is right to fail. */
export const writesBefore = (concurrent: number) => concurrent + 1;

export default defineSink<RecordingOptions>((options) => {
  const { plan, concurrent, ordered } = options;
  const ledger = new Ledger(options.memory);
  const idle = new Int32Array(new SharedArrayBuffer(4));
  let life = 0;
  let random: Random;

  /** Die if it is ordered, at one of the moments of a write. */
  function obeyAt(moment: number): void {
    const order = ledger.ordered;
    if (order === 0 || order % 4 !== moment || ledger.life(life).stored < writesBefore(concurrent)) return;
    if (!ledger.obey(order)) return;
    const kill = kills[Math.floor(order / 4)] as Kill;
    ledger.died(kills.indexOf(kill));
    die(kill, moment === 3 ? random.between(0, 4) : 0);
  }

  async function takeTime(): Promise<void> {
    if (plan.pace === 'fast') return;
    const ms = random.between(0, 2);
    if (plan.pace === 'waiting') await pause(ms);
    else Atomics.wait(idle, 0, 0, ms);
  }

  function begin(batch: Batch<typeof Soaked>): { rows: Row[]; flush: number } {
    const list = batch.rows();
    const known = list[0] && ledger.memory.lastFlush[ledger.rowOf(list[0].source, list[0].i)];
    // Rows that this life has had before are in the same flush still: it tries again, or found no place for letters.
    const goesOn = known !== undefined && ledger.memory.flushLife[known] === life;
    const flush = goesOn ? known : ledger.beginFlush(life);
    for (const [index, row] of list.entries()) {
      const number = ledger.rowOf(row.source, row.i);
      const pushed = Atomics.load(ledger.memory.fates, number);
      if (pushed !== fate.pushing && pushed !== fate.accepted)
        ledger.fault('a row that was never pushed', number);
      if (!isWhole(row)) ledger.fault('a row with other contents', number);
      const identity = new DataView(batch.identityBytes(index).buffer);
      ledger.identify(number, identity.getUint16(16), identity.getUint32(21));
      const first = ledger.write(number, flush);
      if (first && ordered && !ledger.firstInOrder(row.source, row.i))
        ledger.fault('a first delivery out of order', number);
    }
    return { rows: list, flush };
  }

  function dieOfPoison(rows: readonly Row[]): void {
    const poisoned = rows.some((row) =>
      plan.poison.some(({ source, i }) => source === row.source && i === row.i),
    );
    if (!poisoned) return;
    ledger.died(kills.length);
    die('exit', 0);
  }

  return {
    open({ flusher }) {
      life = ledger.bear(flusher, threadId);
      random = new Random(plan.seed + life);
    },
    async write(batch: Batch<typeof Soaked>) {
      if (ledger.enter(life) > concurrent) ledger.fault('more writes at once than allowed', 0);
      let stored = false;
      try {
        const { rows, flush } = begin(batch);
        obeyAt(0);
        dieOfPoison(rows);
        await takeTime();
        obeyAt(1);
        const bad = rows.flatMap(({ source, i }, index) => (isBad(source, i) ? [index] : []));
        const { fault } = plan;
        if (fault === 'retry' && random.chance(0.3)) throw new Error('retry');
        if ((fault === 'fatal' || fault === 'unknown') && bad.length > 0) throw new Error(fault);
        const failed = fault === 'answer' ? bad.map((index) => ({ index, error: new Error('fatal') })) : [];
        for (const [index, { source, i }] of rows.entries()) {
          if (failed.some((one) => one.index === index)) continue;
          ledger.store(ledger.rowOf(source, i), flush);
          stored = true;
        }
        obeyAt(2);
        obeyAt(3);
        return failed.length > 0 ? { failed } : undefined;
      } finally {
        ledger.leave(life, stored);
      }
    },
    classify(error) {
      const { message } = error as Error;
      return message === 'retry' || message === 'fatal' ? message : undefined;
    },
    close() {
      ledger.endLife(life);
    },
  };
});
