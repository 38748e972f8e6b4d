/**
 * A producer's work in a soak, on any thread: pushes rows of its own, and writes what became of each into the ledger.
 */
import { setImmediate, setTimeout } from 'node:timers/promises';
import { Random } from '../../bench/harness/random.js';
import {
  FlowClosedError,
  FlushError,
  type Producer,
  type ProducerPosition,
  WaitTimeoutError,
} from '../../src/index.js';
import { eventOf, type Soaked } from './events.js';
import { fate, type Ledger, rowsEach } from './ledger.js';
import type { PushPlan } from './plan.js';

/** What of a producer is used here: a flow has it, too. */
type Pushing = Pick<Producer<typeof Soaked>, 'push' | 'publish' | 'writable' | 'committed' | 'position'>;

/** How long `committed()` may take while flushers die. */
const patienceMs = 15_000;

/** Push until told to stop, or until the flow closes. @param rows how many there are to push. */
export async function produce(
  producer: Pushing,
  ledger: Ledger,
  source: number,
  plan: PushPlan,
  rows = rowsEach,
): Promise<void> {
  const random = new Random(plan.seed + 31 * source);
  let next = 0;
  try {
    const start = producer.position();
    while (!ledger.stopped && next < rows) {
      next = pushSome(producer, ledger, source, next, random.between(1, plan.burst));
      if (random.chance(0.3)) producer.publish();
      else await (random.chance(0.5) ? setTimeout(random.between(0, 3)) : setImmediate());
      ledger.sure(source, next);
      if (random.chance(0.1)) await producer.writable({ timeoutMs: patienceMs });
      if (random.chance(0.02)) await confirm(producer, ledger, source, next, plan, start);
    }
    await confirm(producer, ledger, source, next, plan, start);
  } catch (error) {
    if (!(error instanceof FlowClosedError)) throw error;
  } finally {
    // Counted when it is published; by itself that is after whoever waits for this has been told.
    producer.publish();
  }
}

/** @returns the number of the next row. */
function pushSome(producer: Pushing, ledger: Ledger, source: number, first: number, count: number): number {
  const end = Math.min(first + count, rowsEach);
  let i = first;
  while (i < end) {
    ledger.push(source, i, fate.pushing);
    let accepted = false;
    try {
      accepted = producer.push(eventOf(source, i));
    } finally {
      ledger.push(source, i, accepted ? fate.accepted : fate.refused);
    }
    i++;
    if (!accepted) break;
  }
  return i;
}

/** What `committed()` confirms is in the sink, and what it says was given up is part of what was accepted. */
async function confirm(
  producer: Pushing,
  ledger: Ledger,
  source: number,
  end: number,
  plan: PushPlan,
  since: ProducerPosition,
): Promise<void> {
  const { fates, stored } = ledger.memory;
  let accepted = 0;
  for (let i = 0; i < end; i++) if (fates[ledger.rowOf(source, i)] === fate.accepted) accepted++;
  try {
    await producer.committed({ timeoutMs: patienceMs, since });
  } catch (error) {
    if (error instanceof WaitTimeoutError) throw new Error(`source ${source}: committed() hangs`);
    if (!(error instanceof FlushError)) throw error;
    if (error.rows > accepted) ledger.fault('committed() counted rows twice', ledger.rowOf(source, 0));
    if (!plan.mayGiveUp)
      ledger.fault(
        'committed() rejected without a reason',
        ledger.rowOf(source, error.failed?.[0]?.first ?? 0),
      );
    return;
  }
  if (plan.mayGiveUp || !plan.takesAll) return;
  for (let row = ledger.rowOf(source, 0); row < ledger.rowOf(source, end); row++) {
    if (Atomics.load(fates, row) === fate.accepted && Atomics.load(stored, row) === 0)
      ledger.fault('committed() resolved, and the sink does not have the row', row);
  }
}
