/**
 * The exporter of OTLP, which the exporting thread loads.
 */
import { visible } from '../../../describe.js';
import { excerpt } from '../../../sinks/http/client/http-error.js';
import { defineExporter } from '../../exporting/exporter.js';
import type { Snapshot } from '../../series/snapshot.js';
import { backendClient, compressionOf, unlessRefused } from '../backend-client.js';
import { ProtobufWriter } from '../protobuf.js';
import { type Difference, Differences } from './differences.js';
import { jsonOf, type MetricsRequest } from './message.js';
import { writeRequest } from './message-bytes.js';
import { metricsRequest } from './metrics-request.js';
import type { OtlpSettings } from './options.js';
import { failureWords, partialSuccess } from './receiver-answer.js';

/** The specification names these; a client must not send again after others. */
const retried: ReadonlySet<number> = new Set([429, 502, 503, 504]);

export default defineExporter<OtlpSettings>((settings, { compress, memory }) => {
  const { temporality, encoding, resource } = settings;
  const compression = compressionOf(settings.compression, compress);
  const client = backendClient(settings.url, settings, { compression, words: failureWords });
  const differences = temporality === 'delta' ? new Differences(memory) : undefined;
  const writer = new ProtobufWriter();
  let hasWarned = false;

  const bodyOf = (request: MetricsRequest) => {
    if (encoding === 'json') return Buffer.from(jsonOf(request));
    writeRequest(writer, request);
    return writer.finish();
  };

  const warn = (message: string) => {
    if (hasWarned) return;
    hasWarned = true;
    process.emitWarning(visible(message), 'CollectorWarning');
  };

  return {
    async send(snapshot, { signal, collector }) {
      const difference = differences?.of(snapshot) ?? whole(snapshot);
      const request = metricsRequest(difference.snapshot, {
        resource: { 'service.name': collector, ...resource },
        temporality,
        startedAt: difference.startedAt,
      });
      if (request === undefined) return;
      const headers = { 'content-type': encoding === 'json' ? 'application/json' : 'application/x-protobuf' };
      const body = bodyOf(request);
      const answer = await unlessRefused(client.send({ headers, body, signal }), (status) =>
        retried.has(status),
      );
      // What the receiver refused is not sent again.
      difference.acknowledge();
      const partial = partialSuccess(answer);
      if (partial === undefined) return;
      const { refused, message } = partial;
      warn(`${client.shown} refused ${refused} point(s)${message === '' ? '' : `: ${excerpt(message)}`}`);
      return { refused };
    },
    ...(differences !== undefined && { remember: () => differences.remember() }),
    close: () => client.close(),
  };
});

function whole(snapshot: Snapshot): Difference {
  return { snapshot, startedAt: () => snapshot.startedAt, acknowledge: () => {} };
}
