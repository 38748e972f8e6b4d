/**
 * The SQL bench measures what it says: every way stores every event whole, into the same table.
 * How fast anything is, is not looked at.
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { measure } from '../../dist/bench/sql/measure.js';
import { urlVariable } from '../../dist/bench/sql/requests-table.js';
import { postgresWays } from '../../dist/bench/sql/ways.js';
import { noPostgres, PostgresServer } from '../fixtures/postgres-server.js';
import { briefTask } from './brief-task.js';

describe.skipIf(noPostgres)(`the SQL bench ${noPostgres ?? ''}`, () => {
  beforeAll(async () => {
    process.env[urlVariable] = (await PostgresServer.start()).url;
  });
  afterAll(() => {
    delete process.env[urlVariable];
  });

  // `measure` throws unless the totals of the rows in the table are those of what was pushed.
  it.each([...postgresWays.map(({ name }) => name), 'pg-floor'])(
    'stores every event whole: %s',
    async (way) => {
      const figures = await measure({ ...briefTask, way });
      expect(figures.eventsPerSecond).toBeGreaterThan(0);
      expect(figures.totalCpuNsPerEvent).toBeGreaterThan(0);
      expect(Object.keys(figures)).toEqual(
        expect.arrayContaining([
          'eventsPerSecond',
          'loopDelayP99Ms',
          'mainCpuNsPerEvent',
          'totalCpuNsPerEvent',
        ]),
      );
    },
  );
});
