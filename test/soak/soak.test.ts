/**
 * A short soak: threads of flows are killed at random moments, and nothing is lost. `npm run soak` is the long one.
 */
import { expect, test } from 'vitest';
import { soak } from '../../dist/test/soak/rounds.js';

/** Enough for deaths of every kind. */
const kills = 80;

test('threads killed at random moments: no row is lost, and none comes twice without a reason', async () => {
  const totals = await soak({ seed: 20_260_101, first: 1, rounds: kills, kills });
  expect(totals.kills).toBeGreaterThanOrEqual(kills);
  expect(totals.failures).toEqual([]);
  // Rounds of every kind were among them.
  for (const death of ['terminate', 'exit', 'exception', 'rejection', 'poison', 'producer', 'visitor'])
    expect(totals.deaths[death], death).toBeGreaterThan(0);
  expect(totals.rows.redelivered).toBeGreaterThan(0);
  expect(totals.rows.owned).toBeGreaterThan(0);
}, 300_000);
