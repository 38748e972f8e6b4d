/**
 * Threads killed and connections cut at random moments: each row is in MariaDB exactly once.
 */
import { beforeAll, describe, expect, it } from 'vitest';
import { mysql } from '../../../dist/src/sinks/mysql/index.js';
import { CutProxy } from '../../fixtures/cut-proxy.js';
import { killRounds, kills, killsTimeoutMs } from '../../fixtures/kill-rounds.js';
import { MariadbServer, noMariadb } from '../../fixtures/mariadb-server.js';

describe.skipIf(noMariadb)(`kills around MariaDB ${noMariadb ?? ''}`, () => {
  let server: MariadbServer;
  beforeAll(async () => {
    server = await MariadbServer.start();
  });

  it(
    'lose no row, and store none twice',
    async () => {
      const proxy = await CutProxy.to(server.port);
      const url = server.url.replace(`:${server.port}`, `:${proxy.port}`);
      const { pushed, stats, cuts } = await killRounds(mysql({ url, identityColumn: 'event_id' }), proxy);
      console.log(
        `${pushed} rows, ${cuts} cuts, ${stats.redelivered} redelivered, ${stats.duplicatesAtTarget} there`,
      );
      expect(cuts).toBeGreaterThan(kills / 4);
      // Some were stored by a thread that died, or by a connection that was cut, before it was known.
      expect(stats.duplicatesAtTarget).toBeGreaterThan(0);
      expect(stats).toMatchObject({ accepted: pushed, committed: pushed, deadLettered: 0, dropped: {} });
      const [counts] = await server.sql('SELECT count(*), count(DISTINCT id), max(id) FROM killed');
      expect(counts?.map(Number)).toEqual([pushed, pushed, pushed - 1]);
    },
    killsTimeoutMs,
  );
});
