/**
 * The exporter of the Pushgateway, which the exporting thread loads.
 */
import { defineExporter } from '../../exporting/exporter.js';
import { backendClient, compressionOf } from '../backend-client.js';
import { exposition, expositionType } from '../exposition.js';
import { groupingPath } from './grouping-key.js';
import type { PushgatewaySettings } from './options.js';

export default defineExporter<PushgatewaySettings>((settings, { compress }) => {
  const client = backendClient(settings.url, settings, {
    compression: compressionOf(settings.compression, compress),
  });
  const { grouping, deleteAtEnd } = settings;
  // The gateway would put its own in their place.
  const reserved = new Set(['job', ...Object.keys(grouping)]);
  return {
    async send(snapshot, { signal, isLast, collector }) {
      const path = groupingPath(settings.job ?? collector, grouping);
      if (isLast && deleteAtEnd) {
        await client.send({ method: 'DELETE', path, signal });
        return;
      }
      const body = Buffer.from(exposition(snapshot, reserved));
      await client.send({ method: 'PUT', path, headers: { 'content-type': expositionType }, body, signal });
    },
    close: () => client.close(),
  };
});
