/**
 * The exporter of remote write, which the exporting thread loads.
 *
 * Series that were sent are remembered, so that their end can be said. A thread that dies forgets them: Prometheus
 * takes them for ended five minutes after their last sample.
 */
import { defineExporter } from '../../exporting/exporter.js';
import type { Labels, Snapshot } from '../../series/snapshot.js';
import { backendClient, Requests, unlessRefused } from '../backend-client.js';
import { byName, seriesKey } from '../plain-labels.js';
import { ProtobufWriter } from '../protobuf.js';
import { isNative } from './native-histogram.js';
import type { RemoteWriteSettings } from './options.js';
import { snappy } from './snappy.js';
import { timeSeriesOf } from './time-series.js';
import { writeEnd, writeMetadata, writeSeries } from './write-request.js';

interface Sent {
  readonly labels: Labels;
  readonly isNative: boolean;
}

interface Posting {
  readonly requests: Requests;
  readonly signal: AbortSignal;
}

/** The specification: of other failures no request is sent again. */
const isRetried = (status: number) => status === 429 || status >= 500;

const headers = {
  'content-type': 'application/x-protobuf',
  'content-encoding': 'snappy',
  'x-prometheus-remote-write-version': '0.1.0',
};

export default defineExporter<RemoteWriteSettings>((settings) => {
  const { maxSeriesPerRequest, staleMarkers } = settings;
  const client = backendClient(settings.url, settings, { compression: 'none' });
  const external = Object.entries(settings.externalLabels).sort(byName);
  const writer = new ProtobufWriter();
  let sent = new Map<string, Sent>();

  /** Write each, and post whenever a request is full. */
  const postAll = async <T>(all: Iterable<T>, write: (each: T) => void, { requests, signal }: Posting) => {
    const post = () => {
      const body = snappy(writer.finish());
      return requests.add(unlessRefused(client.send({ headers, body, signal }), isRetried));
    };
    let count = 0;
    for (const each of all) {
      write(each);
      if (++count % maxSeriesPerRequest === 0) await post();
    }
    if (count % maxSeriesPerRequest !== 0) await post();
  };

  const postEnds = (ended: Iterable<Sent>, at: number, posting: Posting) =>
    postAll(ended, ({ labels, isNative }) => writeEnd(writer, labels, isNative, at), posting);

  const postSeries = async (snapshot: Snapshot, posting: Posting) => {
    const now = new Map<string, Sent>();
    const without: string[] = [];
    const series = [...timeSeriesOf(snapshot, external)].filter(({ labels, value }) => {
      const native = typeof value !== 'number';
      const key = seriesKey('', labels);
      // A receiver refuses a request with two samples of one series.
      if (now.has(key) || (native && !isNative(value))) return void without.push(key);
      now.set(key, { labels, isNative: native });
      return true;
    });
    if (series.length > 0) for (const family of snapshot.families) writeMetadata(writer, family);
    await postAll(series, (each) => writeSeries(writer, each, snapshot.at), posting);
    return { now, refused: without.length };
  };

  return {
    async send(snapshot, { signal, isLast }) {
      // What an attempt before this one has written.
      writer.finish();
      const posting = { requests: new Requests(), signal };
      const { now, refused } = await postSeries(snapshot, posting);
      if (staleMarkers) {
        await postEnds(
          [...sent].filter(([key]) => !now.has(key)).map(([, each]) => each),
          snapshot.at,
          posting,
        );
        // Later than the last values, which stay in the history.
        if (isLast) await postEnds(now.values(), snapshot.at + 1, posting);
      }
      sent = now;
      posting.requests.end();
      return { refused };
    },
    close: () => client.close(),
  };
});
