/**
 * What must be true of a round when its flow has ended, whatever died in it.
 *
 * Rows of a killed producer are certain as far as it had published them; those behind may have arrived or not. A row in
 * a flush that was in flight at a death may end in another way than the sink saw it the first time. All else is exact.
 */
import type { CloseReport, FlowStats, RingUsage } from '../../src/index.js';
import { fate, type Ledger, rowsEach, sources } from './ledger.js';
import type { Plan } from './plan.js';

export interface Evidence {
  readonly plan: Plan;
  readonly ledger: Ledger;
  readonly stats: FlowStats;
  readonly ring: RingUsage;
  readonly report: CloseReport;
  readonly exits: readonly { flusher: number; redelivered: number }[];
  readonly killedSources: ReadonlySet<number>;
  /** Rows that the flow gave back at its end. */
  readonly undelivered: readonly { source: number; i: number }[];
}

/** What a round amounts to. */
export interface Tally {
  accepted: number;
  committed: number;
  deadLettered: number;
  dropped: number;
  redelivered: number;
  /** Rows that the sink took more than once. */
  duplicates: number;
}

/** @returns what is wrong, and the round's figures. */
export function judge(evidence: Evidence): { wrong: string[]; tally: Tally } {
  const { stats, ledger, plan } = evidence;
  const wrong = [...ledger.faults];
  const expect = (holds: boolean, what: string) => {
    if (!holds) wrong.push(what);
  };
  const dropped = Object.values(stats.dropped).reduce((a, b) => a + b, 0);
  const ended = stats.committed + stats.deadLettered;
  expect(
    stats.accepted === ended + stats.pending + dropped && stats.pending === 0,
    'the counters do not add up',
  );
  expect(
    Object.values(stats.dropped).every((count) => count > 0),
    'a negative counter',
  );
  const rows = countRows(evidence);
  expect(
    stats.accepted >= rows.sure && stats.accepted <= rows.possible,
    `accepted ${stats.accepted}, pushed ${rows.sure} to ${rows.possible}`,
  );
  expect(
    ended <= rows.taken && ended >= rows.taken - rows.unsettled,
    `${ended} rows ended, the sinks took ${rows.taken}, of which ${rows.unsettled} in flight at a death`,
  );
  if (plan.dedupe === undefined && !plan.onFull.startsWith('drop') && plan.end === 'close')
    expect(ended === rows.taken, `${ended} rows ended, the sinks took ${rows.taken}`);
  expect(
    rows.missing <= dropped,
    `${rows.missing} rows are nowhere, ${dropped} dropped (${rows.firstMissing})`,
  );
  expect(
    stats.committed <= rows.stored && stats.deadLettered <= rows.letters,
    `committed ${stats.committed} of ${rows.stored}, dead letters ${stats.deadLettered} of ${rows.letters}`,
  );
  const { sharedIdentities } = evidence.ledger;
  expect(sharedIdentities === 0, `${sharedIdentities} rows have the identity of another one`);
  expectPoison(evidence, rows, expect);
  expectFlushes(evidence, expect);
  expectEnd(evidence, rows, expect);
  const redelivered = evidence.exits.reduce((sum, exit) => sum + exit.redelivered, 0);
  expect(
    redelivered === stats.redelivered,
    `exits told of ${redelivered} rows redelivered, stats of ${stats.redelivered}`,
  );
  const { accepted, committed, deadLettered } = stats;
  return {
    wrong,
    tally: {
      accepted,
      committed,
      deadLettered,
      dropped,
      redelivered: stats.redelivered,
      duplicates: rows.duplicates,
    },
  };
}

type Expect = (holds: boolean, what: string) => void;

function countRows({ ledger, killedSources, undelivered, plan }: Evidence) {
  const { fates, stored, letters, crashes } = ledger.memory;
  const given = new Set(undelivered.map(({ source, i }) => ledger.rowOf(source, i)));
  const dead = deadLives(ledger);
  const poison = new Set(plan.sink.poison.map(({ source, i }) => ledger.rowOf(source, i)));
  const found = {
    /** Accepted for certain; at most. */
    sure: 0,
    possible: 0,
    stored: 0,
    letters: 0,
    /** Either of the two. */
    taken: 0,
    /** Taken in flushes of a life that died. */
    unsettled: 0,
    duplicates: 0,
    missing: 0,
    firstMissing: '',
    crashes: 0,
    poisonAccepted: 0,
    /** Given back although the sink had it, and no death explains it. */
    givenTwice: 0,
  };
  for (let source = 0; source < sources; source++) {
    const sure = killedSources.has(source) ? ledger.sureOf(source) : rowsEach;
    for (let i = 0; i < rowsEach; i++) {
      const row = ledger.rowOf(source, i);
      const pushed = fates[row];
      if (pushed === fate.none) break;
      const certain = pushed === fate.accepted && i < sure;
      if (certain) found.sure++;
      if (pushed !== fate.refused) found.possible++;
      const isStored = stored[row] !== 0;
      const isLetter = letters[row] !== 0;
      if (isStored) found.stored++;
      if (isLetter) found.letters++;
      if ((stored[row] as number) > 1) found.duplicates++;
      if (crashes[row] !== 0 && !poison.has(row)) found.crashes++;
      if (poison.has(row) && certain) found.poisonAccepted++;
      if (isStored || isLetter) {
        found.taken++;
        const inDeath = dead.has(ledger.memory.flushLife[ledger.memory.lastFlush[row] as number] as number);
        if (inDeath) found.unsettled++;
        // It may have come again since, to a life that gave it back.
        const storedInDeath = dead.has(
          ledger.memory.flushLife[ledger.memory.storedIn[row] as number] as number,
        );
        if (given.has(row) && !inDeath && !storedInDeath) found.givenTwice++;
      } else if (certain && !given.has(row)) {
        found.firstMissing ||= ledger.name(row);
        found.missing++;
      }
    }
  }
  return found;
}

/** Lives that did not come to their end. */
function deadLives(ledger: Ledger): Set<number> {
  const dead = new Set<number>();
  for (let life = 1; life <= ledger.livesSoFar; life++) if (!ledger.life(life).closed) dead.add(life);
  return dead;
}

/** Poison ends as a dead letter, and nothing else does. */
function expectPoison({ plan, stats }: Evidence, rows: ReturnType<typeof countRows>, expect: Expect): void {
  if (plan.sink.poison.length > 0) {
    expect(rows.crashes === 0, `${rows.crashes} rows given up as poison that are none`);
    expect(
      stats.deadLettered === rows.poisonAccepted,
      `${stats.deadLettered} dead letters for ${rows.poisonAccepted} poison rows`,
    );
  } else if (plan.maxDeliveries >= 1000) {
    expect(rows.crashes === 0, `${rows.crashes} rows given up as poison`);
  }
}

/** Rows come again only out of flushes that were in flight at a death. */
function expectFlushes({ ledger, plan }: Evidence, expect: Expect): void {
  const { flushLife, flushAgain } = ledger.memory;
  const again = new Map<number, number[]>();
  const last = new Map<number, number>();
  for (let flush = 1; flush <= ledger.flushes; flush++) {
    const life = flushLife[flush] as number;
    last.set(life, flush);
    if (flushAgain[flush] === 0) continue;
    const list = again.get(life);
    if (list === undefined) again.set(life, [flush]);
    else list.push(flush);
  }
  for (const [life, flushes] of again) {
    expect(!ledger.life(life).closed, `flush ${flushes[0]} of life ${life} came again, and nobody had died`);
    expect(flushes.length <= plan.concurrent, `${flushes.length} flushes of life ${life} came again`);
    if (plan.concurrent === 1)
      expect(
        flushes[0] === last.get(life),
        `flush ${flushes[0]} of life ${life} came again; it was not the last`,
      );
  }
}

/** How the flow ended: what is left of it. */
function expectEnd(
  { plan, stats, ring, report, undelivered }: Evidence,
  rows: ReturnType<typeof countRows>,
  expect: Expect,
): void {
  const { committed, deadLettered, dropped } = stats;
  // Without a drain, producers on other threads may still publish what they had gathered when the flow has ended.
  expect(
    plan.end !== 'close' ||
      (report.committed === committed &&
        report.deadLettered === deadLettered &&
        report.failed === (dropped.failed ?? 0) &&
        report.undelivered === (dropped.undelivered ?? 0)),
    'the report of close() is not what stats() says',
  );
  if (plan.end === 'close') {
    // A block without rows may be left: one whose flusher died, after its commit, as the last of the flow.
    expect(ring.rows === 0, 'the ring is not empty');
    expect(report.undelivered === 0 && undelivered.length === 0, `${report.undelivered} rows undelivered`);
  } else {
    expect(
      undelivered.length === (dropped.undelivered ?? 0),
      `${undelivered.length} rows given back, ${dropped.undelivered} counted as undelivered`,
    );
    expect(rows.givenTwice === 0, `${rows.givenTwice} rows given back that the sink has`);
  }
}
