/**
 * What becomes of each row, and what must never become of one.
 *
 * That a row is published, taken or settled is told by the ring's own words, in the very step that stores them; that
 * it is delivered or dropped, by the thread that does it. A row ends once, unless the thread that ended it dies
 * before the ring knows: only then may it come again, and only after the ring has counted the death.
 */
import { header, headerAt, joined, rowsOf } from '../../../dist/src/ring/layout.js';

/** What is told of a row; `abandoned`, of a block (by the number of a row). */
export const fate = {
  published: 1,
  delivered: 2,
  committed: 4,
  dropped: 8,
  abandoned: 16,
  taken: 32,
  /** Who had taken it died. */
  orphaned: 64,
  /** Not taken any more. */
  givenBack: 128,
  /** The death of who had taken it is in the block's words. */
  mourned: 256,
  /** Its settlement is noted: it will be settled, though the thread that has taken it dies. */
  noted: 512,
} as const;

/** Where counters start, and what the clock says. */
export const nearWrap = 0x7fff_fffe;

/** Where the numbers of a producer's rows start: those after the second have another high word. */
export const nearHigh = 2 ** 32 - 2;

/** Rows that one producer may write in a scenario, and producers. */
export const maxRows = 8;
export const maxProducers = 4;

const headerWords = headerAt(1) - headerAt(0);
const gone = fate.delivered | fate.dropped;
/** Above the fates of a row stands 1 + the thread that took or dropped it, until it is settled or given back. */
const whoAt = 12;
const fates = (1 << whoAt) - 1;

/** Told of a subject that stands for a thread: once that has died, the subject is orphaned. */
export function takenBy(thread: number): number {
  return fate.taken | ((thread + 1) << whoAt);
}

/** Which of the witness's subjects a producer's row is. */
export function subjectOf(producer: number, place: number): number {
  if (!(place >= 0 && place < maxRows)) throw new Error(`a producer has no row ${place}`);
  return (producer - 1) * maxRows + place;
}

/** @returns what is known of a row after the event. Throws when it must not happen. */
export function witness(row: number, event: number, before: number, thread: number): number {
  const is = (fates: number) => (before & fates) !== 0;
  const who = (thread + 1) << whoAt;
  switch (event) {
    case fate.published:
      if (is(fate.published)) break;
      return before | event;
    case fate.taken:
      if (!is(fate.published) || is(fate.taken | fate.orphaned | fate.committed)) break;
      return before | event | who;
    case fate.givenBack:
      return before & fates & ~fate.taken;
    case fate.delivered:
      if (!is(fate.taken) || is(gone | fate.committed)) break;
      return before | event;
    case fate.dropped:
      if (!is(fate.published) || is(gone | fate.committed | fate.taken | fate.orphaned)) break;
      return before | event | who;
    case fate.committed:
      if (!is(gone)) throw new Error(`row ${row} is lost: settled, and only ${namesOf(before)} before`);
      if (is(fate.committed)) break;
      return (before & fates & ~fate.taken) | event;
    case fate.mourned:
      if (!is(fate.orphaned)) break;
      return before & ~fate.orphaned;
    default:
      return before | event;
  }
  throw new Error(`row ${row} is ${namesOf(event)}, and was ${namesOf(before) || 'unknown'} before`);
}

/** What a dead thread had taken or dropped, and the ring does not know to be settled, comes again. */
export function witnessDeath(thread: number, before: number): number {
  if (before >> whoAt !== thread + 1 || (before & fate.noted) !== 0) return before;
  const left = before & fates & ~gone & ~fate.taken;
  return (before & fate.taken) === 0 ? left : left | fate.orphaned;
}

/** Tell what a word of the ring, which was `old` before it was written, says of rows. */
export function witnessStore(
  words: Int32Array,
  index: number,
  old: number,
  tell: (row: number, event: number) => void,
): void {
  if (index < headerAt(0)) return;
  const word = (index - headerAt(0)) % headerWords;
  const block = index - word;
  const at = (name: keyof typeof header) => words[block + header[name]] as number;
  const opened = word === header.OWNER && old < 0 && words[index] !== 0;
  if (opened && at('DEATHS') !== 0) throw new Error('rows are suspected that nobody has died with');
  const owner = word === header.OWNER ? old : at('OWNER');
  if (owner <= 0 || owner > maxProducers) return;
  const first = joined(at('SEQUENCE_HIGH'), at('SEQUENCE')) - nearHigh;
  const tellRows = (from: number, to: number, event: number) => {
    for (let row = from; row < to; row++) tell(subjectOf(owner, first + row), event);
  };
  const now = words[index] as number;
  if (word === header.PUBLISHED) tellRows(rowsOf(old), rowsOf(now), fate.published);
  else if (word === header.TAKEN) {
    tellRows(now, old, fate.givenBack);
    tellRows(at('COMMITTED'), now, fate.taken);
  } else if (word === header.COMMITTED) tellRows(old, now, fate.committed);
  else if (word === header.DEATHS && now > old)
    tellRows(at('COMMITTED'), Math.max(at('TAKEN'), at('COMMITTED') + 1), fate.mourned);
  // What is in a free block is forgotten: it must have ended.
  else if (word === header.OWNER && now === 0)
    tellRows(at('COMMITTED'), rowsOf(at('PUBLISHED')), fate.committed);
}

function namesOf(told: number): string {
  return Object.entries(fate)
    .filter(([, bit]) => (told & bit) !== 0)
    .map(([name]) => name)
    .join(', ');
}
