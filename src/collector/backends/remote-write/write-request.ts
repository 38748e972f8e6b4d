/**
 * The messages of remote write 1.0 (prometheus/prompb/remote.proto and types.proto).
 */
import type { Family, Labels } from '../../series/snapshot.js';
import type { ProtobufWriter } from '../protobuf.js';
import { writeHistogram } from './native-histogram.js';
import type { TimeSeries } from './time-series.js';

/** The NaN by which Prometheus says that a series has ended. */
const staleNan = 0x7ff0_0000_0000_0002n;

const metricTypes = { counter: 1, gauge: 2, histogram: 3, exponential: 3 } as const;

/** Write prometheus.TimeSeries, field 1 of prometheus.WriteRequest. @param at the sample's time. */
export function writeSeries(writer: ProtobufWriter, { labels, value }: TimeSeries, at: number): void {
  writer.message(1, () => {
    writeLabels(writer, labels);
    if (typeof value !== 'number') {
      writer.message(4, () => writeHistogram(writer, value, at));
      return;
    }
    writer.message(2, () => {
      writer.double(1, value);
      writer.uint(2, at);
    });
  });
}

/** The sample by which a series ends. @param isNative whether its samples were histograms. */
export function writeEnd(writer: ProtobufWriter, labels: Labels, isNative: boolean, at: number): void {
  writer.message(1, () => {
    writeLabels(writer, labels);
    const [sample, value, time] = isNative ? [4, 3, 15] : [2, 1, 2];
    writer.message(sample, () => {
      writer.fixed64(value, staleNan);
      writer.uint(time, at);
    });
  });
}

/** Write prometheus.MetricMetadata, field 3 of prometheus.WriteRequest. */
export function writeMetadata(writer: ProtobufWriter, { name, type, help }: Family): void {
  writer.message(3, () => {
    writer.uint(1, metricTypes[type]);
    writer.string(2, name);
    writer.string(4, help);
  });
}

function writeLabels(writer: ProtobufWriter, labels: Labels): void {
  for (const [name, value] of labels) {
    writer.message(1, () => {
      writer.string(1, name);
      writer.string(2, value);
    });
  }
}
