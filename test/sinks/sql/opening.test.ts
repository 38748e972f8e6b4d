/**
 * A connection that breaks while a flusher's sink opens: the flow goes on, as with a server that is not there yet. A
 * flusher opens its sink again after each death, so that a server's restart at that moment would end the flow.
 */
import { beforeAll, describe, expect, it, vi } from 'vitest';
import { defineSchema, type SinkRef, t } from '../../../dist/src/index.js';
import { mysql } from '../../../dist/src/sinks/mysql/index.js';
import { postgres } from '../../../dist/src/sinks/postgres/index.js';
import { CutProxy } from '../../fixtures/cut-proxy.js';
import { directSink } from '../../fixtures/direct-sink.js';
import { MariadbServer, noMariadb } from '../../fixtures/mariadb-server.js';
import { noPostgres, PostgresServer } from '../../fixtures/postgres-server.js';

const Events = defineSchema('events', { id: t.int32() });

interface Server {
  readonly port: number;
  readonly url: string;
  sql(text: string): Promise<unknown[][]>;
}

interface Options {
  url: string;
  requireServer?: boolean;
}

describe.each<[string, string | undefined, () => Promise<Server>, (options: Options) => SinkRef]>([
  ['PostgreSQL', noPostgres, () => PostgresServer.start(), postgres],
  ['MariaDB', noMariadb, () => MariadbServer.start(), mysql],
])('a connection to %s', (_, none, start, sinkOf) => {
  describe.skipIf(none !== undefined)(none ?? 'that breaks', () => {
    let server: Server;
    beforeAll(async () => {
      server = await start();
    }, 60_000);

    it('at any byte of the opening: the flow starts, and stores rows by the next one', async () => {
      const warned = vi.spyOn(process, 'emitWarning').mockImplementation(() => {});
      const proxy = await CutProxy.to(server.port);
      const url = server.url.replace(`:${server.port}`, `:${proxy.port}`);
      let stored = 0;
      for (let bytes = 1; ; bytes += 97) {
        proxy.cutAfterBytes = bytes;
        const before = warned.mock.calls.length;
        const sink = await directSink(sinkOf({ url }), Events);
        const wasCut = proxy.cutAfterBytes === Number.POSITIVE_INFINITY;
        proxy.cutAfterBytes = Number.POSITIVE_INFINITY;
        if (wasCut) {
          expect(warned.mock.calls.slice(before).map(([text]) => String(text))).toEqual([
            expect.stringContaining('; the flow goes on, and tries again'),
          ]);
        }
        await sink.write([{ id: bytes }]);
        stored++;
        await sink.close();
        if (!wasCut) break;
      }
      warned.mockRestore();
      // The opening alone was cut at several places behind its handshake.
      expect(stored).toBeGreaterThan(5);
      const [count] = await server.sql('SELECT count(*), count(DISTINCT id) FROM events');
      expect(count?.map(Number)).toEqual([stored, stored]);
    });

    it('fails the flow where the options ask for it', async () => {
      const proxy = await CutProxy.to(server.port);
      const url = server.url.replace(`:${server.port}`, `:${proxy.port}`);
      proxy.cutAfterBytes = 600;
      await expect(directSink(sinkOf({ url, requireServer: true }), Events)).rejects.toThrow();
    });
  });
});
