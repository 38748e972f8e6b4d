/**
 * Identities of a batch's rows: what tells each row from every other one of any flow, through retries, halving, the
 * death of a flusher, and dead letters.
 *
 *     run 16 bytes │ producer 2 │ sequence 7             25 bytes, big-endian; 34 characters of base64url
 *
 * A batch has them as ranges of rows, three numbers each. The bytes of a row are made when a sink asks for them.
 */
import { highOf } from '../../ring/layout.js';
import { identityBytes } from '../columns/row-identity.js';

/** Rows of a batch, one after the other, which one producer pushed one after the other. */
export interface IdentityRange {
  /** The producer's number in its flow. */
  readonly producer: number;
  /** How many rows the producer had pushed before the first. */
  readonly first: number;
  readonly count: number;
}

/** The identities of a batch's rows, as plain data. */
export interface RowIdentities {
  /** The flow's own 128 random bits, as four words. */
  readonly run: readonly number[];
  /** In the order of rows. */
  readonly ranges: readonly IdentityRange[];
  /** Identities from elsewhere, in place of those above: one row's bytes after another's. */
  readonly given: Uint8Array | undefined;
}

/** The bytes of an identity that is a text; undefined for other texts. */
export function identityOfText(text: string): Uint8Array | undefined {
  const bytes = Buffer.from(text, 'base64url');
  return bytes.length === identityBytes ? bytes : undefined;
}

/** Add rows to ranges, behind those that are there. */
export function addRange(ranges: IdentityRange[], { producer, first, count }: IdentityRange): void {
  const last = ranges.at(-1);
  if (last?.producer === producer && last.first + last.count === first) {
    ranges[ranges.length - 1] = { producer, first: last.first, count: last.count + count };
  } else ranges.push({ producer, first, count });
}

/** The identities of the rows `chosen`, in that order. */
export function selectIdentities(identities: RowIdentities, chosen: readonly number[]): RowIdentities {
  const { run, given } = identities;
  if (given === undefined) return { run, ranges: selectRanges(identities.ranges, chosen), given };
  const bytes = new Uint8Array(identityBytes * chosen.length);
  chosen.forEach((row, i) => {
    bytes.set(given.subarray(identityBytes * row, identityBytes * (row + 1)), identityBytes * i);
  });
  return { run, ranges: [], given: bytes };
}

function selectRanges(ranges: readonly IdentityRange[], chosen: readonly number[]): IdentityRange[] {
  const places = new RangePlaces(ranges);
  const selected: IdentityRange[] = [];
  let producer = 0;
  let first = 0;
  let count = 0;
  for (const row of chosen) {
    const range = places.rangeOf(row);
    const sequence = places.sequenceOf(row);
    if (range.producer === producer && sequence === first + count && count > 0) {
      count++;
      continue;
    }
    if (count > 0) selected.push({ producer, first, count });
    producer = range.producer;
    first = sequence;
    count = 1;
  }
  if (count > 0) selected.push({ producer, first, count });
  return selected;
}

/** Writes identities of a batch's rows. Rows one after the other are found fastest. */
export class IdentityWriter {
  readonly #places: RangePlaces;

  constructor(private readonly identities: RowIdentities) {
    this.#places = new RangePlaces(identities.ranges);
  }

  /** Write the identity of row `i` to `into`, from byte `at` on. */
  write(i: number, into: DataView, at: number): void {
    const { run, given } = this.identities;
    if (given !== undefined) {
      const from = identityBytes * i;
      for (let k = 0; k < identityBytes; k++) into.setUint8(at + k, given[from + k] as number);
      return;
    }
    const { producer } = this.#places.rangeOf(i);
    const sequence = this.#places.sequenceOf(i);
    const high = highOf(sequence);
    for (let word = 0; word < 4; word++) into.setUint32(at + 4 * word, run[word] as number);
    into.setUint16(at + 16, producer);
    into.setUint16(at + 18, high >>> 8);
    into.setUint8(at + 20, high & 0xff);
    into.setUint32(at + 21, sequence);
  }
}

/** Finds the range of a row, beginning with the one that was found last. */
class RangePlaces {
  #range = 0;
  /** The row with which it begins. */
  #start = 0;

  constructor(private readonly ranges: readonly IdentityRange[]) {}

  rangeOf(row: number): IdentityRange {
    if (row < this.#start) {
      this.#range = 0;
      this.#start = 0;
    }
    for (;;) {
      const range = this.ranges[this.#range] as IdentityRange;
      if (row < this.#start + range.count) return range;
      this.#start += range.count;
      this.#range++;
    }
  }

  sequenceOf(row: number): number {
    const { first } = this.rangeOf(row);
    // In this order no sum passes 53 bits.
    return first + (row - this.#start);
  }
}
