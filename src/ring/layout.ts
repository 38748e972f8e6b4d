/**
 * The ring's memory: one SharedArrayBuffer of control words, block headers and blocks.
 *
 *     byte 0            512                512 + 128 N              (8-aligned)
 *     ┌─────────────────┬─────────┬───┬───────────┬─────────┬───┬───────────┐
 *     │ control         │ header  │ … │ header    │ block   │ … │ block     │
 *     │ 4 × 128 bytes   │ 0       │   │ N-1       │ 0       │   │ N-1       │
 *     └─────────────────┴─────────┴───┴───────────┴─────────┴───┴───────────┘
 *       event counts,     128 bytes each: who         blockBytes each: what is in
 *       totals            owns it, how far it is      them is the upper layers' affair
 *
 * Control words stand on lines of their own by who writes them; each header has a line pair of
 * its own (128 bytes: two cache lines, as adjacent ones are fetched together).
 *
 * A block's life:
 *
 *     free ──open──▶ owned ──publish…──▶ owned ──seal──▶ sealed ──finish──▶ free
 *     OWNER 0        OWNER −id, then id  PUBLISHED grows   SEALED bit        OWNER 0, GENERATION + 1
 *
 *     while it is owned or sealed, any number of times:   claim ─▶ take ─▶ settle ─▶ finish
 *                                                         CLAIM    TAKEN   COMMITTED  CLAIM 0
 *
 *     0 ≤ COMMITTED ≤ TAKEN ≤ rows of PUBLISHED ≤ rows of a block      (an eviction settles rows that nobody takes)
 */

/** Words of a block's header, as Int32 indexes, and who may write each. */
export const header = {
  /** 0: free. −id: being opened. id: its producer's. By CAS 0 → −id, then the owner; to 0 by who frees it. */
  OWNER: 0,
  /** Rows visible, plus the SEALED bit. The owning producer only, by plain Atomics.store. */
  PUBLISHED: 1,
  /** 0, or who is taking rows out. By CAS 0 → id; back to 0 by the holder (or a supervisor, for a dead one). */
  CLAIM: 2,
  /** Rows copied out. The claim's holder only (0 by the producer that opens the block). */
  TAKEN: 3,
  /** Rows settled: the sink has them, or they were given up. The claim's holder only (0 by who opens the block). */
  COMMITTED: 4,
  /** What the block holds: a tag of the upper layers. The owner, when it opens the block. */
  SCHEMA: 5,
  /** Clock reading (ms, wrapping) when the first row came that is still to be taken. The owner. */
  SINCE: 6,
  /** How often the block has been freed. Who frees it. */
  GENERATION: 7,
  /** Order of opening, wrapping. The owner, when it opens the block. */
  TICKET: 8,
  /** How many rows the owner had pushed before the block's first, wrapping. The owner, when it opens the block. */
  SEQUENCE: 9,
  /**
   * How many claimers have died with rows of the block in flight, since such rows were last settled.
   * The supervisor; back to 0 by the claim's holder when they all are, so it is 0 in a free block.
   */
  DEATHS: 10,
  /** With DEATHS: rows before this one were in flight at a death. The supervisor. */
  SUSPECTS: 11,
  /**
   * With DEATHS: half of the rows that were in flight at the last death; 0 when it was one, and none of another block.
   * The supervisor; 1 by the claim's holder when that one is settled.
   */
  HALF: 12,
} as const;

/** Words of the control area, as Int32 indexes. An event count is two words: epoch and sleepers. */
export const control = {
  /** Event count: there may be something to flush. */
  WORK: 0,
  /** Event count: a block became free. */
  ROOM: 32,
  /** How many blocks were ever freed, wrapping: a full ring is not searched again until it changes. */
  FREED: 34,
  /** Event count: a good part of the ring has become free, `roomyBlocks` since the last time. */
  ROOMY: 36,
  /** Event count: rows were committed or given up. */
  DONE: 64,
  /** Rows ever published, wrapping. */
  TOTAL: 96,
  /** The TOTAL at which sleeping flushers want to be woken. */
  ALARM: 97,
  /** Tickets given out. */
  TICKETS: 98,
} as const;

export const SEALED = 0x4000_0000;
/** Rows of a block must leave the SEALED bit and the sign free. */
export const maxRowsPerBlock = 1 << 24;

const controlBytes = 512;
const headerBytes = 128;
const headerWords = headerBytes / 4;
const controlWords = controlBytes / 4;

/** The number of rows that a PUBLISHED word says are visible. */
export function rowsOf(published: number): number {
  return published & ~SEALED;
}

/** Whether clock reading or ticket `a` comes before `b`; both wrap. */
export function before(a: number, b: number): boolean {
  return ((a - b) | 0) < 0;
}

/** The shared memory of a ring; plain data that can be posted to a thread. */
export interface RingMemory {
  readonly buffer: SharedArrayBuffer;
  readonly blocks: number;
  /** A multiple of 8. */
  readonly blockBytes: number;
}

/** Make the memory for a ring of `blocks` blocks of `blockBytes` each (rounded up to a multiple of 8). */
export function createRingMemory(blocks: number, blockBytes: number): RingMemory {
  const size = Math.ceil(blockBytes / 8) * 8;
  const buffer = new SharedArrayBuffer(controlBytes + headerBytes * blocks + size * blocks);
  return { buffer, blocks, blockBytes: size };
}

/**
 * How many blocks are freed from one signal of `ROOMY` to the next: a power of two, half of the ring at most. Who waits
 * for that is woken a fraction as often as with each block.
 */
export function roomyBlocks({ blocks }: RingMemory): number {
  return 2 ** Math.floor(Math.log2(Math.max(2, blocks) / 2));
}

/** All header and control words of a ring. */
export function wordsOf(memory: RingMemory): Int32Array {
  return new Int32Array(memory.buffer, 0, controlWords + headerWords * memory.blocks);
}

/** Index of the first header word of a block within `wordsOf`; add a member of `header`. */
export function headerAt(block: number): number {
  return controlWords + block * headerWords;
}

/** Byte offset of a block's data in the buffer. */
export function dataAt(memory: RingMemory, block: number): number {
  return controlBytes + headerBytes * memory.blocks + memory.blockBytes * block;
}
