/**
 * Exponential histograms as the native histograms of Prometheus.
 *
 * Both have buckets of the same bounds; Prometheus numbers a bucket by its upper bound, and so by one more. It knows
 * the schemas −4 to 8: buckets of a finer scale are merged.
 */
import type { ExponentialPoint } from '../../series/snapshot.js';
import type { ProtobufWriter } from '../protobuf.js';

export const finestSchema = 8;
export const coarsestSchema = -4;
/** What Prometheus's own translation of OpenTelemetry's histograms says of the width of the bucket of zeros. */
const zeroThreshold = 1e-128;

/** Whether Prometheus has such buckets. */
export function isNative({ scale }: ExponentialPoint): boolean {
  return scale >= coarsestSchema;
}

/** Write the fields of prometheus.Histogram. */
export function writeHistogram(writer: ProtobufWriter, point: ExponentialPoint, at: number): void {
  const { count, sum, zeroCount } = point;
  const { schema, first, counts } = withSchema(point);
  writer.uint(1, count);
  writer.double(3, sum);
  writer.sint(4, schema);
  writer.double(5, zeroThreshold);
  writer.uint(6, zeroCount);
  const spans = spansOf(counts);
  let end = 0;
  spans.forEach(({ from, to }, i) => {
    // Of the first span the number of its bucket; of the others, how many empty ones lie between.
    writer.message(11, () => {
      writer.sint(1, i === 0 ? first + from : from - end);
      writer.uint(2, to - from);
    });
    end = to;
  });
  const present = spans.flatMap(({ from, to }) => counts.slice(from, to));
  writer.packedSints(
    12,
    present.map((value, i) => value - (present[i - 1] ?? 0)),
  );
  writer.uint(15, at);
}

/** The buckets of a schema that Prometheus has. */
function withSchema({ scale, offset, counts }: ExponentialPoint) {
  const shift = Math.max(0, scale - finestSchema);
  const first = offset >> shift;
  const merged: number[] = [];
  for (let i = 0; i < counts.length; i++) {
    const at = ((offset + i) >> shift) - first;
    merged[at] = (merged[at] ?? 0) + (counts[i] as number);
  }
  return { schema: scale - shift, first: first + 1, counts: merged };
}

/** Runs of buckets that hold something. */
function spansOf(counts: readonly number[]): { from: number; to: number }[] {
  const spans: { from: number; to: number }[] = [];
  for (let at = 0; at < counts.length; at++) {
    if (counts[at] === 0) continue;
    const last = spans.at(-1);
    if (last?.to === at) last.to++;
    else spans.push({ from: at, to: at + 1 });
  }
  return spans;
}
