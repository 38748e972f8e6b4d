/**
 * The live page in a real browser: its numbers are those of /stats, and it lives through a restart of the service.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import type { FlowStats, RingUsage } from '../../dist/src/metrics/read/stats.js';
import { launch, noBrowser, openPage } from '../fixtures/browser.js';
import { event, lines, ndjson, start } from '../fixtures/ingest.js';
import { until } from '../fixtures/until.js';

if (noBrowser !== undefined) console.log(`test/live-page/live-page.test.ts ${noBrowser}`);

const state = (page: Page) => page.locator('[data-state-text]').textContent();
const isLive = async (page: Page) => (await state(page)) === 'live';
const width = (page: Page) => page.evaluate<number>('document.documentElement.scrollWidth');

/** All numbers that the page shows, by name, as its attributes have them and as they are written. */
async function shown(page: Page) {
  const all = await page.evaluate<[string, string, string][]>(
    "[...document.querySelectorAll('[data-stat]')].map((e) => [e.dataset.stat, e.dataset.value, e.textContent])",
  );
  const written = all.map(([name, , text]) => [name, Number(text.replaceAll(',', ''))]);
  const attributes = all.map(([name, value]) => [name, Number(value)]);
  return { written: Object.fromEntries(written), attributes: Object.fromEntries(attributes) };
}

/** The same of `/stats`. */
async function told(url: string): Promise<Record<string, number>> {
  const { stats, ring } = (await (await fetch(`${url}/stats`)).json()) as {
    stats: FlowStats;
    ring: RingUsage;
  };
  // The page says of the last flush what its charts show.
  const { dropped, batches, errorsDropped, lastFlushAt, sinceLastFlushMs, ...counts } = stats;
  const sum = (kinds: Record<string, number>) => Object.values(kinds).reduce((a, b) => a + b, 0);
  const ofBatches = Object.entries(batches).map(([kind, count]) => [`batches.${kind}`, count]);
  const sums = { dropped: sum(dropped), batches: sum(batches), capacity: ring.capacity };
  return { ...counts, ...sums, ...Object.fromEntries(ofBatches) };
}

describe.skipIf(noBrowser !== undefined)('the live page', () => {
  let browser: Browser;
  beforeAll(async () => {
    browser = await launch();
  });
  afterAll(() => browser?.close());

  test('has the numbers of /stats when traffic has ended, and asks nobody else', async () => {
    const { url, post } = await start({ flushSize: 100 });
    const { page, problems, asked } = await openPage(browser, url);
    for (let i = 0; i < 5; i++) await post(lines(Array(501).fill(event())), ndjson, '?ack=committed');
    await until(async () => (await shown(page)).attributes.committed === 2505, 'all rows on the page');
    await until(async () => (await shown(page)).attributes.inFlight === 0, 'no row in flight');
    const { written, attributes } = await shown(page);
    expect(attributes).toMatchObject(await told(url));
    expect(attributes).toMatchObject({ accepted: 2505, errors: 0, restarts: 0 });
    expect(written).toEqual(attributes);
    expect(await page.locator('[data-stat="accepted"]').textContent()).toBe('2,505');
    expect(await page.locator('h1').textContent()).toBe('access_log');
    // Each chart is drawn: there is something else than nothing on its canvas.
    const pixels = () =>
      page.evaluate<number[]>(`[...document.querySelectorAll('canvas')].map((canvas) => {
        const { data } = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
        return data.filter((n) => n > 0).length;
      })`);
    await until(async () => (await pixels()).every((n) => n > 0), 'all charts');
    expect((await pixels()).length).toBe(14);
    // The page, its seven files, its stream.
    expect(asked.length).toBeGreaterThanOrEqual(9);
    expect(asked.filter((address) => new URL(address).origin !== url)).toEqual([]);
    expect(problems).toEqual([]);
  });

  test('says that it lost the service and since when, and goes on with the next one', async () => {
    const one = await start();
    const { page, problems } = await openPage(browser, one.url);
    await one.post(lines([event(), event(), event()]), ndjson, '?ack=committed');
    await until(async () => (await shown(page)).attributes.committed === 3, 'the rows');
    expect(await state(page)).toBe('live');
    expect(problems).toEqual([]);

    await one.service.close();
    await one.flow.close();
    await until(async () => (await state(page)) === 'no connection', 'the loss');
    expect(await page.locator('[data-state-note]').textContent()).toMatch(/^since \d\d:\d\d:\d\d$/);
    // What it had is still there.
    expect((await shown(page)).attributes.committed).toBe(3);
    await until(() => problems.length > 0, 'a try while nobody listens');

    const two = await start({ port: one.port, flushers: 2 });
    await until(() => isLive(page), 'the next service', 30_000);
    expect(await page.locator('[data-state-note]').textContent()).toBe('');
    await two.post(lines([event()]), ndjson, '?ack=committed');
    await until(async () => (await shown(page)).attributes.committed === 1, 'the row of the next service');
    expect((await shown(page)).attributes).toMatchObject({ accepted: 1, rejected: 0 });
    expect(await page.locator('[data-chart^="Flusher"]').count()).toBe(2);
    // Chromium tells of each try in vain, and calls the stream that the service ended aborted. There is nothing else.
    const inVain = /^(Failed to load resource: )?net::ERR_CONNECTION_REFUSED( http:.*\/live\/stream)?$/;
    const rest = problems.filter((problem) => !inVain.test(problem));
    expect(rest).toEqual([`net::ERR_ABORTED ${one.url}/live/stream`]);
  });

  test.each([
    [undefined, '–'],
    [{ scheme: 'sqlite', file: 'data/events.db', table: 'visits' }, 'sqlite data/events.db visits'],
    [
      { scheme: 'postgres', host: 'db.example', port: 5432, database: 'shop', table: 'metrics.visits' },
      'postgres db.example:5432 shop.metrics.visits',
    ],
    [
      { scheme: 'postgres', host: '/var/run/postgresql', port: 5432, table: 'visits' },
      'postgres /var/run/postgresql visits',
    ],
    [
      { scheme: 'mysql', host: '127.0.0.1', port: 3306, database: '<b>shop</b>', table: 'visits' },
      'mysql 127.0.0.1:3306 <b>shop</b>.visits',
    ],
  ])('shows where rows go: %j', async (target, text) => {
    const { url } = await start(target === undefined ? {} : { target });
    const { page, problems } = await openPage(browser, url);
    await until(() => isLive(page), 'the stream');
    expect(await page.locator('[data-target]').textContent()).toBe(text);
    expect(await page.locator('dt', { hasText: /^target$/ }).isVisible()).toBe(true);
    expect(problems).toEqual([]);
  });

  test('asks for the token, says when it is wrong, and keeps it out of addresses', async () => {
    const token = 'sécret ☂';
    const { url } = await start({ token });
    const { page, problems, asked } = await openPage(browser, url, { viewport: { width: 360, height: 740 } });
    const input = page.locator('#token');
    await input.waitFor();
    expect(await state(page)).toBe('no connection');
    expect(await page.locator('#token-refused').isVisible()).toBe(false);
    expect(await width(page)).toBe(360);
    await input.fill('wrong');
    await input.press('Enter');
    await page.locator('#token-refused').waitFor();
    await input.fill(token);
    await input.press('Enter');
    await until(() => isLive(page), 'the stream');
    expect(await page.locator('#token-form').isVisible()).toBe(false);
    // The tab keeps it.
    await page.reload();
    await until(() => isLive(page), 'the stream again');
    expect(asked.filter((address) => /s%C3%A9cret|sécret|token=/i.test(address))).toEqual([]);
    expect(page.url()).toBe(`${url}/`);
    // The two answers of 401, and the stream that the reload ended.
    const refused = problems.filter((problem) => problem.includes('401 (Unauthorized)'));
    expect(refused.length).toBe(2);
    const ended = problems.filter((problem) => problem.startsWith('net::ERR_ABORTED'));
    expect(problems.length).toBe(refused.length + ended.length);
  });

  test.each([360, 768, 1280])('fits %i pixels', async (pixels) => {
    const { url, post } = await start({ flushers: 2 });
    await post(lines(Array(2000).fill(event())), ndjson, '?ack=committed');
    const { page, problems } = await openPage(browser, url, { viewport: { width: pixels, height: 800 } });
    await until(() => isLive(page), 'the stream');
    expect(await width(page)).toBe(pixels);
    expect(problems).toEqual([]);
  });

  test('follows the theme while it is open, charts included', async () => {
    const { url } = await start();
    const { page, problems } = await openPage(browser, url, { colorScheme: 'light' });
    await until(() => isLive(page), 'the stream');
    /** Whether a chart's grid has the colour that the style sheet has for lines. */
    const gridHas = (colour: string) =>
      page.evaluate<boolean>(`(() => {
        const canvas = document.querySelector('canvas');
        const { data } = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
        const hex = (i) => '#' + [0, 1, 2].map((n) => data[i + n].toString(16).padStart(2, '0')).join('');
        for (let i = 0; i < data.length; i += 4) if (data[i + 3] === 255 && hex(i) === '${colour}') return true;
        return false;
      })()`);
    const background = () => page.evaluate<string>('getComputedStyle(document.body).backgroundColor');
    await until(() => gridHas('#e9ecf1'), 'a light grid');
    expect(await background()).toBe('rgb(243, 245, 248)');
    await page.emulateMedia({ colorScheme: 'dark' });
    await until(() => gridHas('#222934'), 'a dark grid');
    expect(await gridHas('#e9ecf1')).toBe(false);
    expect(await background()).toBe('rgb(13, 16, 21)');
    expect(problems).toEqual([]);
  });

  test('shows in all charts the figures at the cursor', async () => {
    const { url } = await start();
    const { page } = await openPage(browser, url);
    await until(() => isLive(page), 'the stream');
    const time = page.locator('[data-time]');
    expect(await time.textContent()).toBe('now');
    // The first sample has none.
    const delay = page.locator('[data-chart="Event-loop delay"] .value').first();
    await until(async () => (await delay.textContent()) !== '–', 'a second sample');
    await page.locator('[data-chart="Throughput"] .u-over').hover({ position: { x: 5, y: 40 } });
    await until(async () => /^\d\d:\d\d:\d\d$/.test((await time.textContent()) ?? ''), 'the time');
    await until(async () => (await delay.textContent()) === '–', 'the figure of the first sample');
    await page.locator('h1').hover();
    await until(async () => (await time.textContent()) === 'now', 'the latest');
    expect(await delay.textContent()).not.toBe('–');
  });
});

// No test of anything: makes the pictures of the README, by
// `LIVE_PICTURES=1 npx vitest run test/live-page/live-page.test.ts`.
if (process.env.LIVE_PICTURES !== undefined)
  test('the pictures of the documents', { timeout: 200_000 }, takePictures);

async function takePictures(): Promise<void> {
  const root = join(import.meta.dirname, '../..');
  const folder = mkdtempSync(join(tmpdir(), 'live-pictures-'));
  const args = ['serve', '--port', '0', '--sink', 'sqlite:events.db'];
  const demo = ['--demo', '--demo-seconds', '150', '--demo-burn', '0.2'];
  // In the folder itself: the page shows the file as it is named.
  const service = spawn(process.execPath, [join(root, 'dist/src/cli/main.js'), ...args, ...demo], {
    cwd: folder,
  });
  onTestFinished(() => {
    service.kill();
    rmSync(folder, { recursive: true, force: true });
  });
  const [text] = await once(service.stdout.setEncoding('utf8'), 'data');
  const url = /http:\/\/127\.0\.0\.1:\d+/.exec(text)?.[0] as string;
  const browser = await launch();
  onTestFinished(() => browser.close());
  await setTimeout(130_000);
  for (const [colorScheme, name] of [
    ['light', 'live-page'],
    ['dark', 'live-page-dark'],
  ] as const) {
    const { page } = await openPage(browser, url, { colorScheme, viewport: { width: 1280, height: 860 } });
    await until(() => isLive(page), 'the stream');
    await page.screenshot({ path: join(root, 'docs', `${name}.png`), fullPage: true });
  }
}

describe('its files', () => {
  test('are the page and its modules, under a policy that lets nothing else in', async () => {
    const { url } = await start();
    const page = await fetch(url);
    const policy = page.headers.get('content-security-policy') ?? '';
    expect(policy).toMatch(/^default-src 'none'; script-src 'self'; style-src 'self';/);
    expect(policy).not.toMatch(/unsafe|\*|https?:/);
    const html = await page.text();
    const files = [...html.matchAll(/(?:src|href)="(live\/[^"]+)"/g)];
    expect(files.length).toBe(7);
    for (const [, file] of files) {
      const { status, headers } = await fetch(`${url}/${file}`);
      expect([file, status]).toEqual([file, 200]);
      expect(headers.get('content-type')).toMatch(/^(text\/(javascript|css)|image\/svg)/);
    }
    for (const file of ['wire.d.ts', 'tsconfig.json', 'nothing.js', '..%2fserver%2fservice.js', 'x%00.js']) {
      expect([file, (await fetch(`${url}/live/${file}`)).status]).toEqual([file, 404]);
    }
  });

  test('are not there when the page is not wanted', async () => {
    const { url, service } = await start({ livePage: false });
    expect((await fetch(url)).status).toBe(404);
    expect((await fetch(`${url}/live/stream`)).status).toBe(404);
    const closed = once(service.server, 'close');
    await service.close();
    await closed;
  });
});
