/**
 * The live page of `batchflow collect` in a real browser: its counts are those of /stats, its table has the series, and
 * a series that is chosen is drawn.
 */
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createCollector } from '../../dist/src/collector/index.js';
import { createCollectService } from '../../dist/src/server/collect/service.js';
import { launch, noBrowser, openPage } from '../fixtures/browser.js';
import { onEnd } from '../fixtures/ingest.js';
import { until } from '../fixtures/until.js';

if (noBrowser !== undefined) console.log(`test/live-page/collect-page.test.ts ${noBrowser}`);

async function start(options: { token?: string } = {}) {
  const collector = await createCollector({ flushIntervalMs: 20 });
  const service = createCollectService({ collector, ...options });
  const url = await service.listen({ host: '127.0.0.1', port: 0 });
  onEnd(async () => {
    await service.close();
    await collector.close();
  });
  return { collector, url };
}

describe.skipIf(noBrowser !== undefined)('the page', () => {
  let browser: Browser;
  beforeAll(async () => {
    browser = await launch();
  });
  afterAll(() => browser?.close());

  test('shows counts, series with their rates and quantiles, and draws the one that is chosen', async () => {
    const { collector, url } = await start();
    const { page, problems, asked } = await openPage(browser, url);
    const stat = (name: string) => page.locator(`[data-stat="${name}"]`).getAttribute('data-value');
    const cells = (name: string) => page.locator(`tr[data-series='${name}'] td`).allTextContents();
    const chosen = page.locator("tr[aria-current='true']");
    let recorded = 0;
    const record = () => {
      recorded += 2;
      collector.recordCounter('jobs_total', { queue: 'mail' }, 5);
      collector.recordHistogram('work_seconds', {}, 0.3);
    };
    await until(async () => {
      record();
      const [, , rate, p50] = await cells('work_seconds');
      return rate !== undefined && !['–', '0/s'].includes(rate) && p50 !== '–';
    }, 'a rate and a quantile');
    expect((await cells('work_seconds')).slice(0, 2)).toEqual(['work_seconds', 'histogram']);
    expect((await cells('work_seconds'))[3]).toMatch(/ ms$/);
    expect((await cells('jobs_total{queue="mail"}')).slice(3)).toEqual(['', '', '']);
    await until(async () => Number(await stat('processed')) === recorded, 'all events on the page');
    expect(await stat('total')).toBe(String(recorded));
    expect(await stat('dropped')).toBe('0');
    expect(await page.locator('h1').textContent()).toBe('collector');
    const chart = page.locator('[data-chart="Chosen series"]');
    // The first by name is chosen at the beginning.
    const names = await page.locator('#series button').allTextContents();
    expect(await chosen.getAttribute('data-series')).toBe([...names].sort()[0]);
    await page.locator("tr[data-series='work_seconds'] button").click();
    expect(await chart.locator('.label').allTextContents()).toEqual(['p50', 'p95', 'p99', 'per second']);
    expect(await chosen.getAttribute('data-series')).toBe('work_seconds');
    expect(await page.locator('canvas').count()).toBe(3);
    expect(asked.filter((address) => new URL(address).origin !== url)).toEqual([]);
    expect(problems).toEqual([]);
  });

  test('asks for the token where there is one', async () => {
    const { url } = await start({ token: 'secret' });
    const { page } = await openPage(browser, url);
    await page.locator('#token').fill('secret');
    await page.locator('#token-form button').click();
    await until(async () => (await page.locator('[data-state-text]').textContent()) === 'live', 'the stream');
    expect(await page.locator('#token-form').isHidden()).toBe(true);
  });
});
