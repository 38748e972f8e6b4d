/**
 * The book of a round, in shared memory, so that a thread that dies takes nothing of it along.
 *
 *     row      pushed? written how often, by which flush last? with which identity? stored so, too? a letter how often?
 *     flush    the life that it was in, whether rows of it came again
 *     life     one run of a flusher's thread: which flusher, whether it came to its end
 *     faults   what must never happen; the first of each kind with its row
 */

/** Producers of a round, those that take a dead one's place included; and rows of each. */
export const sources = 10;
export const rowsEach = 6000;
const rows = sources * rowsEach;
const maxFlushes = 60_000;
/** No producer's slot has so many rows in a round. */
const mostSequences = 2 ** 20;
export const maxLives = 512;

/** What became of a push. */
export const fate = { none: 0, pushing: 1, accepted: 2, refused: 3 } as const;

export const faultKinds = [
  'a row that was never pushed',
  'a row with other contents',
  'a row with another identity than before',
  'a row stored twice in one flush',
  'a first delivery out of order',
  'more writes at once than allowed',
  'a healthy row given up as a bad one',
  'a letter that cannot be read',
  'committed() resolved, and the sink does not have the row',
  'committed() rejected without a reason',
  'committed() counted rows twice',
] as const;
export type FaultKind = (typeof faultKinds)[number];

const STOP = 0;
const FLUSHES = 1;
const LIVES = 2;
const ORDER = 3;
const headWords = 16;
/** For each kind of fault: how often, and a row. */
const faultsAt = headWords;
const sureAt = faultsAt + 2 * faultKinds.length;
const topAt = sureAt + sources;
const killsAt = topAt + sources;
const wordCount = killsAt + 16;

/** Fields of a life. */
const FLUSHER = 0;
const THREAD = 1;
const INSIDE = 2;
const STORED = 3;
const CLOSED = 4;
const lifeWords = 5;

export interface LedgerMemory {
  readonly words: Int32Array;
  readonly fates: Uint8Array;
  readonly written: Uint8Array;
  readonly stored: Uint8Array;
  readonly letters: Uint8Array;
  readonly crashes: Uint8Array;
  readonly lastFlush: Int32Array;
  readonly storedIn: Int32Array;
  /** Of each row its producer and sequence, plus 1. */
  readonly identities: Int32Array;
  readonly flushLife: Int32Array;
  readonly flushAgain: Uint8Array;
  readonly lives: Int32Array;
}

export function createLedgerMemory(): LedgerMemory {
  const bytes = (length: number) => new Uint8Array(new SharedArrayBuffer(length));
  const words = (length: number) => new Int32Array(new SharedArrayBuffer(4 * length));
  return {
    words: words(wordCount),
    fates: bytes(rows),
    written: bytes(rows),
    stored: bytes(rows),
    letters: bytes(rows),
    crashes: bytes(rows),
    lastFlush: words(rows),
    storedIn: words(rows),
    identities: words(rows),
    flushLife: words(maxFlushes),
    flushAgain: bytes(maxFlushes),
    lives: words(lifeWords * maxLives),
  };
}

export class Ledger {
  constructor(readonly memory: LedgerMemory) {}

  /** Empty it for the next round. Only when no thread of the last one is left. */
  clear(): void {
    for (const array of Object.values(this.memory) as (Int32Array | Uint8Array)[]) array.fill(0);
  }

  /** Producers are to end. */
  get stopped(): boolean {
    return Atomics.load(this.memory.words, STOP) === 1;
  }

  stop(): void {
    Atomics.store(this.memory.words, STOP, 1);
  }

  fault(kind: FaultKind, row: number): void {
    const at = faultsAt + 2 * faultKinds.indexOf(kind);
    if (Atomics.add(this.memory.words, at, 1) === 0) Atomics.store(this.memory.words, at + 1, row);
  }

  /** The faults of the round, as texts. */
  get faults(): string[] {
    return faultKinds.flatMap((kind, k) => {
      const count = Atomics.load(this.memory.words, faultsAt + 2 * k);
      const row = Atomics.load(this.memory.words, faultsAt + 2 * k + 1);
      return count === 0 ? [] : [`${count} × ${kind} (first: ${this.name(row)})`];
    });
  }

  name(row: number): string {
    return `source ${Math.floor(row / rowsEach)} row ${row % rowsEach}`;
  }

  rowOf(source: number, i: number): number {
    return source * rowsEach + i;
  }

  push(source: number, i: number, became: number): void {
    Atomics.store(this.memory.fates, this.rowOf(source, i), became);
  }

  /** Rows of a source before `i` are published. */
  sure(source: number, i: number): void {
    Atomics.store(this.memory.words, sureAt + source, i);
  }

  sureOf(source: number): number {
    return Atomics.load(this.memory.words, sureAt + source);
  }

  /** A flusher's thread has opened its sink. @returns the number of this life, from 1. */
  bear(flusher: number, thread: number): number {
    const life = Atomics.add(this.memory.words, LIVES, 1) + 1;
    if (life >= maxLives) throw new Error('more lives than the ledger holds');
    Atomics.store(this.memory.lives, life * lifeWords + FLUSHER, flusher);
    Atomics.store(this.memory.lives, life * lifeWords + THREAD, thread);
    return life;
  }

  /** The sink was closed: whatever becomes of the thread, it held nothing more. */
  endLife(life: number): void {
    Atomics.store(this.memory.lives, life * lifeWords + CLOSED, 1);
  }

  get livesSoFar(): number {
    return Atomics.load(this.memory.words, LIVES);
  }

  life(life: number): { flusher: number; thread: number; stored: number; closed: boolean } {
    const at = life * lifeWords;
    const { lives } = this.memory;
    return {
      flusher: Atomics.load(lives, at + FLUSHER),
      thread: Atomics.load(lives, at + THREAD),
      stored: Atomics.load(lives, at + STORED),
      closed: Atomics.load(lives, at + CLOSED) === 1,
    };
  }

  /** A write begins. @returns how many are inside in this life, this one included. */
  enter(life: number): number {
    return Atomics.add(this.memory.lives, life * lifeWords + INSIDE, 1) + 1;
  }

  /** A write ends; `stored` when the sink took all or some of it. */
  leave(life: number, stored: boolean): void {
    Atomics.sub(this.memory.lives, life * lifeWords + INSIDE, 1);
    if (stored) Atomics.add(this.memory.lives, life * lifeWords + STORED, 1);
  }

  /** A number for a flush, from 1. */
  beginFlush(life: number): number {
    const flush = Atomics.add(this.memory.words, FLUSHES, 1) + 1;
    if (flush >= maxFlushes) throw new Error('more flushes than the ledger holds');
    Atomics.store(this.memory.flushLife, flush, life);
    return flush;
  }

  get flushes(): number {
    return Atomics.load(this.memory.words, FLUSHES);
  }

  /** A row is in the sink's hands. @returns whether it is the first time. */
  write(row: number, flush: number): boolean {
    const { written, lastFlush, flushAgain } = this.memory;
    const before = Atomics.exchange(lastFlush, row, flush);
    if (before !== 0 && before !== flush) Atomics.store(flushAgain, before, 1);
    return Atomics.add(written, row, 1) === 0;
  }

  /** A row has an identity: the same one at each delivery. */
  identify(row: number, producer: number, sequence: number): void {
    const identity = producer * mostSequences + sequence + 1;
    const before = Atomics.compareExchange(this.memory.identities, row, 0, identity);
    if (before !== 0 && before !== identity) this.fault('a row with another identity than before', row);
  }

  /** How many rows have the identity of another one. */
  get sharedIdentities(): number {
    const known = this.memory.identities.filter((identity) => identity !== 0);
    return known.length - new Set(known).size;
  }

  /** The sink has it. */
  store(row: number, flush: number): void {
    const { stored, storedIn } = this.memory;
    if (Atomics.exchange(storedIn, row, flush) === flush) this.fault('a row stored twice in one flush', row);
    Atomics.add(stored, row, 1);
  }

  /** Rows of a source come in order the first time. @returns whether this one does. */
  firstInOrder(source: number, i: number): boolean {
    return Atomics.exchange(this.memory.words, topAt + source, i + 1) <= i;
  }

  letter(row: number, crash: boolean): void {
    Atomics.add(this.memory.letters, row, 1);
    if (crash) Atomics.add(this.memory.crashes, row, 1);
  }

  /** Order a death from whoever writes next; 0 takes the order back. */
  order(kill: number): void {
    Atomics.store(this.memory.words, ORDER, kill);
  }

  get ordered(): number {
    return Atomics.load(this.memory.words, ORDER);
  }

  /** Whether this thread is the one that obeys. */
  obey(order: number): boolean {
    return Atomics.compareExchange(this.memory.words, ORDER, order, 0) === order;
  }

  /** A death of a kind, by its place in `kills`; poison is behind them. */
  died(kind: number): void {
    Atomics.add(this.memory.words, killsAt + kind, 1);
  }

  deaths(kind: number): number {
    return Atomics.load(this.memory.words, killsAt + kind);
  }
}
