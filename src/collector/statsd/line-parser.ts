/**
 * Reads one line of StatsD or DogStatsD:
 *
 *     name:value[:value…]|type[|@rate][|#tag:value,tag,…][|anything else…]
 *
 * The parser holds what it has read last. It makes no object for a line, and strings only for names and tags.
 */
import { decimalIn } from './decimal.js';

export type MetricType = 'counter' | 'gauge' | 'timer' | 'histogram';

/** Why a line is refused. */
export type LineFault =
  /** No name before the first colon. */
  | 'name'
  /** No value, or one that is no finite number. */
  | 'value'
  /** No type, or one that is not known. */
  | 'type'
  /** A sample rate that is not above 0 and at most 1. */
  | 'rate'
  /** A set, which counts unique values: aggregates of several processes cannot be added up. */
  | 'set'
  | 'negative_counter'
  /** A change of a gauge whose value is not known, while as many as may be are known. */
  | 'gauge_limit';

const colon = 0x3a;
const pipe = 0x7c;
const plus = 0x2b;
const minus = 0x2d;

export class LineParser {
  /** As it was sent. */
  name = '';
  type: MetricType = 'counter';
  readonly values: number[] = [];
  /** Whether the first value has a sign, for each. */
  readonly signed: boolean[] = [];
  rate = 1;
  /** Tags as they were sent, without the `#`; '' for none. */
  tags = '';

  /**
   * Read the line between two places.
   *
   * @returns undefined when it is one, and the members hold it.
   */
  parse(bytes: Buffer, start: number, end: number): LineFault | undefined {
    const nameEnd = placeOf(colon, bytes, start, end);
    if (nameEnd === start || nameEnd === end) return 'name';
    const valuesEnd = placeOf(pipe, bytes, nameEnd + 1, end);
    if (valuesEnd === end) return 'type';
    const typeEnd = placeOf(pipe, bytes, valuesEnd + 1, end);
    const type = typeIn(bytes, valuesEnd + 1, typeEnd);
    if (type === 'set') return 'set';
    if (type === undefined) return 'type';
    this.type = type;
    if (!this.#readValues(bytes, nameEnd + 1, valuesEnd)) return 'value';
    this.name = bytes.toString('utf8', start, nameEnd);
    return this.#readFields(bytes, typeEnd, end);
  }

  #readValues(bytes: Buffer, start: number, end: number): boolean {
    this.values.length = this.signed.length = 0;
    for (let from = start; from <= end; ) {
      const to = placeOf(colon, bytes, from, end);
      const value = decimalIn(bytes, from, to);
      if (Number.isNaN(value)) return false;
      this.values.push(value);
      this.signed.push(bytes[from] === plus || bytes[from] === minus);
      from = to + 1;
    }
    return this.values.length > 0;
  }

  /** @param start of the pipe before the first field. */
  #readFields(bytes: Buffer, start: number, end: number): LineFault | undefined {
    this.rate = 1;
    this.tags = '';
    for (let from = start + 1; from < end; ) {
      const to = placeOf(pipe, bytes, from, end);
      if (bytes[from] === 0x40) {
        this.rate = decimalIn(bytes, from + 1, to);
        if (!(this.rate > 0 && this.rate <= 1)) return 'rate';
      } else if (bytes[from] === 0x23) this.tags = bytes.toString('utf8', from + 1, to);
      // Containers, timestamps, and what is still to come.
      from = to + 1;
    }
    return undefined;
  }
}

/** @returns the place of a byte, or `end`. */
function placeOf(byte: number, bytes: Buffer, start: number, end: number): number {
  let at = start;
  while (at < end && bytes[at] !== byte) at++;
  return at;
}

function typeIn(bytes: Buffer, start: number, end: number): MetricType | 'set' | undefined {
  const first = bytes[start];
  if (end - start === 2) return first === 0x6d && bytes[start + 1] === 0x73 ? 'timer' : undefined;
  if (end - start !== 1) return undefined;
  if (first === 0x63) return 'counter';
  if (first === 0x67) return 'gauge';
  if (first === 0x68 || first === 0x64) return 'histogram';
  return first === 0x73 ? 'set' : undefined;
}
