/**
 * The SQL bench measures what it says: every way stores every event whole, into the same table.
 * How fast anything is, is not looked at.
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { mariadbVariable } from '../../dist/bench/sql/mariadb-table.js';
import { mariadbWays } from '../../dist/bench/sql/mariadb-ways.js';
import { measure } from '../../dist/bench/sql/measure.js';
import { urlVariable } from '../../dist/bench/sql/requests-table.js';
import { postgresWays } from '../../dist/bench/sql/ways.js';
import { MariadbServer, noMariadb } from '../fixtures/mariadb-server.js';
import { noPostgres, PostgresServer } from '../fixtures/postgres-server.js';
import { briefTask } from './brief-task.js';

// `measure` throws unless the totals of the rows in the table are those of what was pushed.
async function storesAll(way: string): Promise<void> {
  const figures = await measure({ ...briefTask, way });
  expect(figures.eventsPerSecond).toBeGreaterThan(0);
  expect(figures.totalCpuNsPerEvent).toBeGreaterThan(0);
  expect(Object.keys(figures)).toEqual(
    expect.arrayContaining(['eventsPerSecond', 'loopDelayP99Ms', 'mainCpuNsPerEvent', 'totalCpuNsPerEvent']),
  );
}

describe.skipIf(noPostgres)(`the SQL bench with PostgreSQL ${noPostgres ?? ''}`, () => {
  beforeAll(async () => {
    process.env[urlVariable] = (await PostgresServer.start()).url;
  });
  afterAll(() => {
    delete process.env[urlVariable];
  });

  it.each([...postgresWays.map(({ name }) => name), 'pg-floor'])('stores every event whole: %s', storesAll);
});

describe.skipIf(noMariadb)(`the SQL bench with MariaDB ${noMariadb ?? ''}`, () => {
  beforeAll(async () => {
    process.env[mariadbVariable] = (await MariadbServer.start()).url;
  });
  afterAll(() => {
    delete process.env[mariadbVariable];
  });

  it.each([...mariadbWays.map(({ name }) => name), 'mariadb-floor'])(
    'stores every event whole: %s',
    storesAll,
  );
});
