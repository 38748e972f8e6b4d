/**
 * The dashboards' files are what their code builds; `npm run dashboard` writes them anew.
 */
import { describe, expect, test } from 'vitest';
import { collector } from './grafana/collector-panels.js';
import { buildDashboard } from './grafana/dashboard.js';
import { performance } from './grafana/panels.js';
import { dashboardFile } from './grafana/read-dashboard.js';
import { sourceDashboard } from './grafana/source-panels.js';

describe.each([performance, collector, sourceDashboard])('$uid', (spec) => {
  test('the file that Grafana reads is what the code builds', async () => {
    const text = `${JSON.stringify(buildDashboard(spec), null, 2)}\n`;
    await expect(text).toMatchFileSnapshot(dashboardFile(spec.uid));
  });

  test('panels stand in rows of three, and each says which question it answers', () => {
    const panels = buildDashboard(spec).panels ?? [];
    const rows = panels.filter(({ type }) => type === 'row').map(({ title }) => title);
    expect(rows).toEqual(spec.rows.map(({ title }) => title));
    const others = panels.filter(({ type }) => type !== 'row');
    expect(others.map(({ gridPos }) => gridPos?.x)).toEqual(others.map((_, i) => 8 * (i % 3)));
    expect(new Set(panels.map(({ gridPos }) => JSON.stringify(gridPos))).size).toBe(panels.length);
    expect(new Set(panels.map(({ id }) => id)).size).toBe(panels.length);
    for (const panel of others) expect(panel, panel.title).toMatchObject({ description: /\?/ });
  });
});
