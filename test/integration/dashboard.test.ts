/**
 * The dashboard's file is what its code builds; `npm run dashboard` writes it anew.
 */
import { expect, test } from 'vitest';
import { buildDashboard } from './grafana/dashboard.js';
import { dashboardFile } from './grafana/read-dashboard.js';

test('the file that Grafana reads is what the code builds', async () => {
  await expect(`${JSON.stringify(buildDashboard(), null, 2)}\n`).toMatchFileSnapshot(dashboardFile);
});

test('panels stand in rows of three, and each says which question it answers', () => {
  const panels = buildDashboard().panels ?? [];
  const rows = panels.filter(({ type }) => type === 'row').map(({ title }) => title);
  expect(rows).toEqual(['Overview', 'Pipeline stages', 'Health']);
  const others = panels.filter(({ type }) => type !== 'row');
  expect(others.map(({ gridPos }) => gridPos?.x)).toEqual(others.map((_, i) => 8 * (i % 3)));
  expect(new Set(panels.map(({ gridPos }) => JSON.stringify(gridPos))).size).toBe(panels.length);
  expect(new Set(panels.map(({ id }) => id)).size).toBe(panels.length);
  for (const panel of others) expect(panel, panel.title).toMatchObject({ description: /\?/ });
});
