/**
 * The messages of OTLP metrics as protobuf. Field numbers are those of metrics.proto, common.proto and resource.proto.
 */
import type { ProtobufWriter } from '../protobuf.js';
import type {
  ExponentialDataPoint,
  HistogramDataPoint,
  KeyValue,
  Metric,
  MetricsRequest,
  NumberDataPoint,
} from './message.js';

/** Write ExportMetricsServiceRequest. */
export function writeRequest(writer: ProtobufWriter, { resourceMetrics }: MetricsRequest): void {
  for (const { resource, scopeMetrics } of resourceMetrics) {
    writer.message(1, () => {
      writer.message(1, () => writeAttributes(writer, 1, resource.attributes));
      for (const { scope, metrics } of scopeMetrics) {
        writer.message(2, () => {
          writer.message(1, () => writer.string(1, scope.name));
          for (const metric of metrics) writer.message(2, () => writeMetric(writer, metric));
        });
      }
    });
  }
}

function writeMetric(writer: ProtobufWriter, metric: Metric): void {
  const { name, description, gauge, sum, histogram, exponentialHistogram } = metric;
  writer.string(1, name);
  if (description !== '') writer.string(2, description);
  const write = <P>(field: number, points: readonly P[], of: (point: P) => void, temporality?: number) =>
    writer.message(field, () => {
      for (const point of points) writer.message(1, () => of(point));
      if (temporality !== undefined) writer.uint(2, temporality);
      if (field === 7) writer.uint(3, 1);
    });
  const number = (point: NumberDataPoint) => writeNumber(writer, point);
  if (gauge !== undefined) write(5, gauge.dataPoints, number);
  if (sum !== undefined) write(7, sum.dataPoints, number, sum.aggregationTemporality);
  if (histogram !== undefined) {
    const { dataPoints, aggregationTemporality } = histogram;
    write(9, dataPoints, (point) => writeHistogram(writer, point), aggregationTemporality);
  }
  if (exponentialHistogram !== undefined) {
    const { dataPoints, aggregationTemporality } = exponentialHistogram;
    write(10, dataPoints, (point) => writeExponential(writer, point), aggregationTemporality);
  }
}

function writeNumber(writer: ProtobufWriter, point: NumberDataPoint): void {
  writer.fixed64(2, point.startTimeUnixNano);
  writer.fixed64(3, point.timeUnixNano);
  writer.double(4, point.asDouble);
  writeAttributes(writer, 7, point.attributes);
}

function writeHistogram(writer: ProtobufWriter, point: HistogramDataPoint): void {
  writer.fixed64(2, point.startTimeUnixNano);
  writer.fixed64(3, point.timeUnixNano);
  writer.fixed64(4, point.count);
  writer.double(5, point.sum);
  writer.packedFixed64(6, point.bucketCounts);
  writer.packedDoubles(7, point.explicitBounds);
  writeAttributes(writer, 9, point.attributes);
}

function writeExponential(writer: ProtobufWriter, point: ExponentialDataPoint): void {
  writeAttributes(writer, 1, point.attributes);
  writer.fixed64(2, point.startTimeUnixNano);
  writer.fixed64(3, point.timeUnixNano);
  writer.fixed64(4, point.count);
  writer.double(5, point.sum);
  writer.sint(6, point.scale);
  writer.fixed64(7, point.zeroCount);
  writer.message(8, () => {
    writer.sint(1, point.positive.offset);
    writer.packedUints(2, point.positive.bucketCounts.map(Number));
  });
}

function writeAttributes(writer: ProtobufWriter, field: number, attributes: readonly KeyValue[]): void {
  for (const { key, value } of attributes) {
    writer.message(field, () => {
      writer.string(1, key);
      writer.message(2, () => writer.string(1, value.stringValue));
    });
  }
}
