/** Shows a registry to Prometheus: `GET /metrics` on a free port of the loopback. */
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Registry } from 'prom-client';

export interface ExpositionServer {
  /** Host and port. */
  readonly target: string;
  /** So far. */
  readonly scrapes: number;
  close(): Promise<void>;
}

export async function expose(registry: Registry): Promise<ExpositionServer> {
  let scrapes = 0;
  const server = createServer(async (_request, response) => {
    response.setHeader('content-type', registry.contentType);
    response.end(await registry.metrics());
    scrapes++;
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    target: `127.0.0.1:${(server.address() as AddressInfo).port}`,
    get scrapes() {
      return scrapes;
    },
    async close() {
      server.close();
      server.closeAllConnections();
      await once(server, 'close');
    },
  };
}
