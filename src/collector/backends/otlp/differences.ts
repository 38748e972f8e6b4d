/**
 * What has been added to series since the receiver last took them: the delta temporality of OTLP.
 *
 * Only an acknowledged difference moves the baseline. So values of requests that failed are in the next one, and a
 * request that the receiver took without its answer arriving is counted twice, as the protocol has no identities.
 */
import { deserialize, serialize } from 'node:v8';
import type {
  ExponentialPoint,
  Family,
  HistogramPoint,
  NumberPoint,
  Snapshot,
} from '../../series/snapshot.js';
import { seriesKey } from '../plain-labels.js';

type Point = NumberPoint | HistogramPoint | ExponentialPoint;

export interface Difference {
  readonly snapshot: Snapshot;
  /** From when a point of the snapshot counts, in Unix milliseconds. */
  startedAt(point: Point): number;
  /** The receiver has taken it. */
  acknowledge(): void;
}

interface State {
  /** When the last difference that was taken was read; undefined: none was. */
  readonly at: number | undefined;
  readonly points: ReadonlyMap<string, Point>;
}

export class Differences {
  #state: State = { at: undefined, points: new Map() };

  /** @param memory what another thread has remembered. */
  constructor(memory: Uint8Array | undefined) {
    if (memory !== undefined) this.#state = deserialize(memory) as State;
  }

  /** The baseline, for a thread that replaces this one. */
  remember(): Uint8Array {
    return serialize(this.#state);
  }

  of(snapshot: Snapshot): Difference {
    const { at: lastAt, points: last } = this.#state;
    // A series that has expired keeps its count, with which it may come back.
    const points = new Map(last);
    const startedAt = lastAt ?? snapshot.startedAt;
    const since = <P extends Point>(
      family: Family,
      all: readonly P[],
      minus: (now: P, then: P) => P | undefined,
    ) =>
      all.flatMap((point) => {
        const key = seriesKey(family.name, point.labels);
        const then = last.get(key) as P | undefined;
        points.set(key, point);
        if (then === undefined) return [point];
        if (sizeOf(point) === sizeOf(then)) return [];
        // Nothing is subtracted where it began anew.
        return [minus(point, then) ?? point];
      });
    const families = snapshot.families.map((family): Family => {
      if (family.type === 'histogram')
        return { ...family, points: since(family, family.points, histogramMinus) };
      if (family.type === 'exponential')
        return { ...family, points: since(family, family.points, exponentialMinus) };
      if (family.type === 'gauge') return family;
      return { ...family, points: since(family, family.points, numberMinus) };
    });
    return {
      snapshot: { ...snapshot, families },
      startedAt: () => startedAt,
      acknowledge: () => {
        this.#state = { at: snapshot.at, points };
      },
    };
  }
}

const sizeOf = (point: Point) => ('value' in point ? point.value : point.count);

function numberMinus(now: NumberPoint, then: NumberPoint): NumberPoint | undefined {
  return now.value < then.value ? undefined : { ...now, value: now.value - then.value };
}

function histogramMinus(now: HistogramPoint, then: HistogramPoint): HistogramPoint | undefined {
  const counts = countsMinus(now.counts, then.counts, (i) => i);
  if (counts === undefined) return undefined;
  return { ...now, counts, count: now.count - then.count, sum: now.sum - then.sum };
}

function exponentialMinus(now: ExponentialPoint, then: ExponentialPoint): ExponentialPoint | undefined {
  // Buckets become coarser as values spread, never finer.
  const shift = then.scale - now.scale;
  const zeroCount = now.zeroCount - then.zeroCount;
  if (shift < 0 || zeroCount < 0) return undefined;
  const counts = countsMinus(now.counts, then.counts, (i) => ((then.offset + i) >> shift) - now.offset);
  if (counts === undefined) return undefined;
  return { ...now, counts, zeroCount, count: now.count - then.count, sum: now.sum - then.sum };
}

/** @param place where a bucket of then is now. @returns undefined where a bucket would be negative. */
function countsMinus(
  now: ArrayLike<number>,
  then: ArrayLike<number>,
  place: (i: number) => number,
): number[] | undefined {
  const counts = Array.from(now);
  for (let i = 0; i < then.length; i++) {
    const taken = then[i] as number;
    if (taken === 0) continue;
    const at = place(i);
    const left = (counts[at] ?? 0) - taken;
    if (left < 0) return undefined;
    counts[at] = left;
  }
  return counts;
}
