/**
 * The memory of permits, of which so many threads may hold one at a time, and the places of the threads that want some.
 *
 *     TICKETS │ PLACES │ LOOKED │ … │ permit │ permit │ … │ place │ place │ …
 *
 *     permit   0, or the id of the holder that has it
 *     place    OWNER │ THREAD │ MARK │ GENERATION │ TICKET │ EPOCH
 *
 * A permit is one word, so each is free or one holder's, wherever a thread dies. An id is a place and its generation:
 * one that has been cleaned up after never comes again, so what a slow cleaner frees is the dead thread's in any case.
 */

/** The most places. */
export const maxPlaces = 1024;
/** The most permits. */
export const maxPermits = 1024;

/** The last ticket that was drawn. */
export const TICKETS = 0;
/** One more than the highest place that was ever taken. */
export const PLACES = 1;
/** The clock at the last look for dead threads. */
export const LOOKED = 2;
const firstPermit = 16;

/** The words of a place. */
export const place = {
  /** 0, or the mark of the thread that has taken the place for a holder. */
  OWNER: 0,
  /** Node's id of that thread. */
  THREAD: 1,
  /** 0, or the mark of the holder's thread. */
  MARK: 2,
  /** How often the place has been cleaned up. */
  GENERATION: 3,
  /** 0, or since when the holder waits: the ticket that it has drawn. */
  TICKET: 4,
  /** Changes when the holder is to look again. */
  EPOCH: 5,
} as const;
const placeWords = 8;

/** Plain data, for threads to share. */
export interface PermitMemory {
  /** How many permits there are. */
  readonly permits: number;
  readonly memory: SharedArrayBuffer;
}

/** @param permits from 1 to 1024. */
export function createPermitMemory(permits: number): PermitMemory {
  return { permits, memory: new SharedArrayBuffer(bytesOf(permits)) };
}

/** Whether a value is memory of permits. */
export function isPermitMemory(value: unknown): value is PermitMemory {
  const { permits, memory } = Object(value) as Partial<PermitMemory>;
  if (typeof permits !== 'number') return false;
  return memory instanceof SharedArrayBuffer && memory.byteLength === bytesOf(permits);
}

/** The index of a permit's word. */
export function permitAt(permit: number): number {
  return firstPermit + permit;
}

/** The index of a word of a place. */
export function placeAt(permits: number, of: number, word: number): number {
  return firstPermit + permits + of * placeWords + word;
}

/** The id of a place's holder. */
export function idOf(of: number, generation: number): number {
  return (generation * maxPlaces + of + 1) | 0;
}

function bytesOf(permits: number): number {
  return (firstPermit + permits + maxPlaces * placeWords) * Int32Array.BYTES_PER_ELEMENT;
}
