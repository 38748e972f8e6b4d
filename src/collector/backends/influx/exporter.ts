/**
 * The exporter of InfluxDB, which the exporting thread loads.
 */
import { writeAddress } from '../../../sinks/influx/place.js';
import { withoutLines } from '../../../sinks/influx/said.js';
import { defineExporter } from '../../exporting/exporter.js';
import { backendClient, compressionOf, Requests } from '../backend-client.js';
import { metricLines } from './metric-lines.js';
import type { InfluxMetricsSettings } from './options.js';

export default defineExporter<InfluxMetricsSettings>((settings, { compress }) => {
  const { buckets, maxLinesPerRequest } = settings;
  const compression = compressionOf(settings.compression, compress);
  const client = backendClient(settings.url, settings, { compression, scheme: 'Token', words: withoutLines });
  const place = writeAddress(settings, 'ms');
  return {
    async send(snapshot, { signal }) {
      const { lines, refused } = metricLines(snapshot, buckets);
      const requests = new Requests();
      for (let from = 0; from < lines.length; from += maxLinesPerRequest) {
        const body = Buffer.from(lines.slice(from, from + maxLinesPerRequest).join('\n'));
        const headers = { 'content-type': 'text/plain; charset=utf-8' };
        await requests.add(client.send({ ...place, headers, body, success: 204, signal }));
      }
      requests.end();
      return { refused };
    },
    close: () => client.close(),
  };
});
