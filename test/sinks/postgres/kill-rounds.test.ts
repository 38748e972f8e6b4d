/**
 * Threads killed and connections cut at random moments: each row is in PostgreSQL exactly once.
 */
import { beforeAll, describe, expect, it } from 'vitest';
import { postgres } from '../../../dist/src/sinks/postgres/index.js';
import { CutProxy } from '../../fixtures/cut-proxy.js';
import { killRounds, kills, killsTimeoutMs } from '../../fixtures/kill-rounds.js';
import { noPostgres, PostgresServer } from '../../fixtures/postgres-server.js';

describe.skipIf(noPostgres)(`kills around PostgreSQL ${noPostgres ?? ''}`, () => {
  let server: PostgresServer;
  beforeAll(async () => {
    server = await PostgresServer.start();
  });

  it(
    'lose no row, and store none twice',
    async () => {
      const proxy = await CutProxy.to(server.port);
      const url = server.url.replace(`:${server.port}`, `:${proxy.port}`);
      const { pushed, stats, cuts } = await killRounds(postgres({ url, identityColumn: 'event_id' }), proxy);
      console.log(
        `${pushed} rows, ${cuts} cuts, ${stats.redelivered} redelivered, ${stats.duplicatesAtTarget} there`,
      );
      expect(cuts).toBeGreaterThan(kills / 4);
      // Some were stored by a thread that died, or by a connection that was cut, before it was known.
      expect(stats.duplicatesAtTarget).toBeGreaterThan(0);
      expect(stats).toMatchObject({ accepted: pushed, committed: pushed, deadLettered: 0, dropped: {} });
      const [counts] = await server.sql('SELECT count(*)::int, count(DISTINCT id)::int, max(id) FROM killed');
      expect(counts).toEqual([pushed, pushed, pushed - 1]);
    },
    killsTimeoutMs,
  );
});
