/**
 * The deadline bench sees every flush, and tells the late ones from those in time.
 */
import { describe, expect, it } from 'vitest';
import { deadlineWays, measure } from '../../dist/bench/deadlines/measure.js';
import { postgresWays } from '../../dist/bench/deadlines/postgres-ways.js';
import { urlVariable } from '../../dist/bench/sql/requests-table.js';
import { noPostgres, PostgresServer } from '../fixtures/postgres-server.js';

const slices = { slices: 2, sliceMs: 500, blockedMs: 450, everyMs: 5, intervalMs: 20 };

it.each(deadlineWays.map(({ name }) => name))('sees every flush: %s', async (way) => {
  const figures = await measure({ ...slices, way });
  expect(figures.flushes).toBeGreaterThanOrEqual(2);
  // The last event before the thread is blocked waits for its end where the thread itself is to flush.
  if (way === 'in-process') expect(figures.lateMaxMs).toBeGreaterThan(400);
  else expect(figures.lateP50Ms).toBeGreaterThanOrEqual(-2);
});

describe.skipIf(noPostgres)(`into PostgreSQL ${noPostgres ?? ''}`, () => {
  it.each(postgresWays.map(({ name }) => name))('sees every flush: %s', async (way) => {
    process.env[urlVariable] = (await PostgresServer.start()).url;
    const figures = await measure({ ...slices, way });
    expect(figures.flushes).toBeGreaterThanOrEqual(2);
    expect(figures.lateP50Ms).toBeGreaterThanOrEqual(-2);
    delete process.env[urlVariable];
  });
});
