/**
 * The ring's memory: one SharedArrayBuffer of control words, block headers and blocks.
 *
 *     byte 0          512              512 + 128 N          (8-aligned)
 *     ┌───────────────┬────────┬───┬─────────┬────────┬───┬─────────┬────────┬───┬──────────┐
 *     │ control       │ header │ … │ header  │ block  │ … │ block   │ extent │ … │ extent   │
 *     │ 4 × 128 bytes │ 0      │   │ N-1     │ 0      │   │ N-1     │ 0      │   │ N-1      │
 *     └───────────────┴────────┴───┴─────────┴────────┴───┴─────────┴────────┴───┴──────────┘
 *       event counts,   128 bytes each: its    blockBytes each: the   extentBytes each: for
 *       totals          owner, its progress    rows, laid out by      rows too large for the
 *                                              the upper layers       block of that number
 *
 * The system gives a page of memory when it is first touched, so extents that no row needed take none. They lie behind
 * all blocks, as a system with huge pages gives 2 MiB at a time: blocks that lie apart would take that much each.
 *
 * Control words that different threads write stand on different lines. Each header has a line pair of
 * its own (128 bytes: two cache lines, as adjacent ones are fetched together).
 *
 * A block's life:
 *
 *     free ──open──▶ owned ──publish…──▶ owned ──seal──▶ sealed ──finish──▶ free
 *     OWNER 0        OWNER −id, then id  PUBLISHED grows   SEALED bit        OWNER 0, GENERATION + 1
 *
 *     while it is owned or sealed, any number of times:   claim ─▶ take ─▶ settle ─▶ finish
 *                                                         CLAIM    TAKEN   COMMITTED  unclaimed
 *
 *     0 ≤ COMMITTED ≤ TAKEN ≤ rows of PUBLISHED ≤ rows of a block
 *
 * The one exception: an eviction settles rows of a sealed block that no thread takes.
 * `asserted-headers.ts` asserts this in tests. The words are read and written through `block-headers.ts` and
 * `ring-control.ts`, which say which thread may write each.
 */

/** Words of a block's header, as Int32 indexes. */
export const header = {
  /** 0: the block is free. −id: a producer opens it. id: the producer whose rows it holds. */
  OWNER: 0,
  /** Rows that are visible, plus the SEALED bit. */
  PUBLISHED: 1,
  /** The id of the claimer that takes rows out; unclaimed, a number that is another one when the block was freed. */
  CLAIM: 2,
  /** Rows that were copied out. */
  TAKEN: 3,
  /** Rows that are settled: the sink has them, or they were given up. */
  COMMITTED: 4,
  /** The schema of the block's rows, a number of the upper layers. */
  SCHEMA: 5,
  /** Clock reading (ms, wrapping) at which the first row was published that is still to be taken. */
  SINCE: 6,
  /** How often the block has been freed. */
  GENERATION: 7,
  /** Place of the block in the order of opening, wrapping. */
  TICKET: 8,
  /** How many rows the owner had pushed before the block's first: the low 32 bits. */
  SEQUENCE: 9,
  /** Claimers that died with rows of the block in flight, since such rows were last settled; 0 in a free block. */
  DEATHS: 10,
  /** With DEATHS: rows before this one were in flight at a death. */
  SUSPECTS: 11,
  /** With DEATHS: half of the rows in flight at the last death; 0 when one was, and none of another block. */
  HALF: 12,
  /** The bits of SEQUENCE above the low 32. */
  SEQUENCE_HIGH: 13,
} as const;

/** Words of the control area, as Int32 indexes. An event count is two words: epoch and sleepers. */
export const control = {
  /** Event count: there may be something to flush. */
  WORK: 0,
  /** Event count: a block became free. */
  ROOM: 32,
  /** Blocks ever freed, wrapping: a full ring is not searched again until it changes. */
  FREED: 34,
  /** Event count: a good part of the ring has become free since the last signal. */
  ROOMY: 36,
  /** Event count: rows were committed or given up. */
  DONE: 64,
  /** Rows ever published, wrapping. */
  TOTAL: 96,
  /** The TOTAL at which sleeping flushers want to be woken. */
  ALARM: 97,
  /** Tickets given out, wrapping. */
  TICKETS: 98,
} as const;

const SEALED = 0x4000_0000;
/** Rows of a block must leave the SEALED bit and the sign free. */
export const maxRowsPerBlock = 1 << 24;

const controlBytes = 512;
const headerBytes = 128;
const headerWords = headerBytes / 4;
const controlWords = controlBytes / 4;

/** The CLAIM word of a block that no claimer holds, when it has been freed so often: never above 0. */
export function unclaimed(generation: number): number {
  return 0 - (generation & 0x3fff_ffff);
}

/** The number of rows that a PUBLISHED word says are visible. */
export function rowsOf(published: number): number {
  return published & ~SEALED;
}

/** Whether a PUBLISHED word says that no more rows will come. */
export function isSealed(published: number): boolean {
  return (published & SEALED) !== 0;
}

/** The PUBLISHED word of a sealed block with so many rows. */
export function sealed(rows: number): number {
  return rows | SEALED;
}

/** Whether clock reading or ticket `a` comes before `b`; both wrap. */
export function before(a: number, b: number): boolean {
  return ((a - b) | 0) < 0;
}

/** Two words as one whole number of up to 53 bits. */
export function joined(high: number, low: number): number {
  return high * 2 ** 32 + (low >>> 0);
}

/** The bits of a whole number above the low 32; `| 0` gives the low ones. */
export function highOf(number: number): number {
  return Math.floor(number / 2 ** 32);
}

/** The shared memory of a ring; plain data that can be posted to a thread. */
export interface RingMemory {
  readonly buffer: SharedArrayBuffer;
  readonly blocks: number;
  /** A multiple of 8. */
  readonly blockBytes: number;
  /** A multiple of 8; 0: blocks have no extents. */
  readonly extentBytes: number;
  /** What tells rows of this flow from those of every other: 128 random bits, as four words. */
  readonly run: readonly number[];
  /** The number that the ring's first producer has among those of all rings of its flow. */
  readonly firstProducer: number;
}

/** A new `run`. */
export function newRun(): readonly number[] {
  return [...crypto.getRandomValues(new Uint32Array(4))];
}

/** Bytes of the memory for a ring. */
export function ringBytes(blocks: number, blockSize: number, extentSize: number): number {
  return controlBytes + (headerBytes + aligned(blockSize) + aligned(extentSize)) * blocks;
}

function aligned(bytes: number): number {
  return Math.ceil(bytes / 8) * 8;
}

/** Make the memory for a ring of `blocks` blocks; sizes are rounded up to multiples of 8. */
export function createRingMemory(
  blocks: number,
  blockSize: number,
  extentSize = 0,
  { run, firstProducer }: Pick<RingMemory, 'run' | 'firstProducer'> = { run: newRun(), firstProducer: 0 },
): RingMemory {
  const blockBytes = aligned(blockSize);
  const extentBytes = aligned(extentSize);
  const bytes = ringBytes(blocks, blockSize, extentSize);
  return { buffer: new SharedArrayBuffer(bytes), blocks, blockBytes, extentBytes, run, firstProducer };
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

/** Byte offset of a block's extent in the buffer. */
export function extentAt(memory: RingMemory, block: number): number {
  return dataAt(memory, memory.blocks) + memory.extentBytes * block;
}
