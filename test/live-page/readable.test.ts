/**
 * The live page can be read by everybody: in light and dark, on a phone, without a mouse, without telling colours.
 */
import fc from 'fast-check';
import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { launch, noBrowser, openPage } from '../fixtures/browser.js';
import { event, type IngestSetup, lines, ndjson, start } from '../fixtures/ingest.js';
import { type DrawnText, type PageText, visibleTexts, watchCanvases } from '../fixtures/page-text.js';
import { until } from '../fixtures/until.js';

if (noBrowser !== undefined) console.log(`test/live-page/readable.test.ts ${noBrowser}`);

const stages = ['Enqueue wait', 'Dequeue', 'Assemble', 'Execute', 'Process', 'Deadline lateness'];
const withAxes = [
  ...['Throughput', 'Ring', 'Batch size', ...stages, 'Flush triggers', 'Blocks', 'Failures'],
  'Event-loop delay',
];
const all = [...withAxes, 'Flusher 1', 'Flusher 2'];
const phone = { viewport: { width: 390, height: 844 }, deviceScaleFactor: 2 };

const state = (page: Page) => page.locator('[data-state-text]').textContent();
const ofChart = (page: Page, chart: string, selector: string) =>
  page.locator(`[data-chart="${chart}"] ${selector}`);
const unreadable = (texts: readonly PageText[]) =>
  texts.filter(({ size, contrast }) => size < 12 || contrast < 4.5);
const isTime = ({ text }: PageText) => /^\d\d:\d\d(:\d\d)?$/.test(text);

describe.skipIf(noBrowser !== undefined)('the live page', () => {
  let browser: Browser;
  beforeAll(async () => {
    browser = await launch();
  });
  afterAll(() => browser?.close());

  /** Two flushers, and a page that has their lanes and a second sample, with which rates begin. */
  async function opened(options: BrowserContextOptions = {}, setup: IngestSetup = {}) {
    const service = await start({ flushers: 2, ...setup });
    const { page, problems } = await openPage(browser, service.url, options);
    await ofChart(page, 'Flusher 2', 'canvas').waitFor();
    const delay = ofChart(page, 'Event-loop delay', '.value').first();
    await until(async () => (await delay.textContent()) !== '–', 'a second sample');
    return { page, problems, ...service };
  }

  async function openedWithTraffic(options: BrowserContextOptions = {}) {
    const { page, post, ...rest } = await opened(options);
    await post(lines(Array(2000).fill(event())), ndjson, '?ack=committed');
    const quantile = ofChart(page, 'Execute', '.value').last();
    await until(async () => (await quantile.textContent()) !== '–', 'the batches on the page');
    return { page, post, ...rest };
  }

  /** The texts of one drawing of the charts, all of which is after this call. */
  async function drawnNow(page: Page): Promise<DrawnText[]> {
    const canvases = await watchCanvases(page);
    const drawn = async () => new Set((await canvases.texts()).map(({ chart }) => chart));
    await until(async () => (await drawn()).size === withAxes.length, 'a drawing of all charts');
    return canvases.texts();
  }

  test.each(['light', 'dark'] as const)('has in %s no text that is small or faint', async (colorScheme) => {
    const { page, service, flow } = await openedWithTraffic({ colorScheme });
    // What is seldom there: other states of the circuit, the form for the token, the meaning of each chart.
    await page.evaluate(`(() => {
      for (const state of ['closed', 'half-open', 'open']) {
        const place = document.querySelector('[data-circuit]');
        const other = place.cloneNode();
        other.dataset.circuit = other.textContent = state;
        place.after(other);
      }
      for (const e of document.querySelectorAll('#token-form, #token-refused')) e.hidden = false;
      for (const e of document.querySelectorAll('[aria-expanded]')) e.click();
    })()`);
    for (const width of [1440, 390]) {
      await page.setViewportSize({ width, height: 800 });
      const texts = await visibleTexts(page);
      const written = texts.map(({ text }) => text);
      const expected = ['closed', 'half-open', 'This token was not accepted.', 'Execute', 'p99', 'none', '='];
      expect(written).toEqual(expect.arrayContaining(expected));
      expect(unreadable(texts)).toEqual([]);
      const drawn = await drawnNow(page);
      expect(drawn.some(isTime)).toBe(true);
      expect(unreadable(drawn)).toEqual([]);
    }
    await service.close();
    await flow.close();
    await until(async () => (await state(page)) === 'no connection', 'the loss');
    expect(unreadable(await visibleTexts(page))).toEqual([]);
  });

  test('tells by keyboard what each chart means', async () => {
    const { page, problems } = await opened();
    const met: string[] = [];
    for (let i = 0; i < all.length; i++) {
      await page.keyboard.press('Tab');
      const [chart, outline] = await page.evaluate<[string, string]>(`(() => {
        const { outlineStyle, outlineWidth } = getComputedStyle(document.activeElement);
        return [document.activeElement.closest('[data-chart]')?.dataset.chart, outlineStyle + ' ' + outlineWidth];
      })()`);
      met.push(chart);
      expect(outline).toBe('solid 2px');
      const focused = page.locator(':focus');
      const meaning = ofChart(page, chart, '.meaning');
      expect([await meaning.isVisible(), await focused.getAttribute('aria-expanded')]).toEqual([
        false,
        'false',
      ]);
      await page.keyboard.press('Enter');
      expect([await meaning.isVisible(), await focused.getAttribute('aria-expanded')]).toEqual([
        true,
        'true',
      ]);
      expect((await meaning.textContent())?.length).toBeGreaterThan(25);
      await page.keyboard.press('Enter');
      expect([await meaning.isVisible(), await focused.getAttribute('aria-expanded')]).toEqual([
        false,
        'false',
      ]);
    }
    expect(met).toEqual(all);
    expect(problems).toEqual([]);
  });

  test('tells by touch what each chart means, and still fits a phone', async () => {
    const { page, problems } = await opened({ ...phone, hasTouch: true, isMobile: true });
    for (const chart of all) {
      const button = ofChart(page, chart, 'button');
      expect((await button.boundingBox())?.height).toBeGreaterThanOrEqual(24);
      await button.tap();
      expect([chart, await ofChart(page, chart, '.meaning').isVisible()]).toEqual([chart, true]);
    }
    expect(await page.evaluate('document.documentElement.scrollWidth')).toBe(390);
    expect(problems).toEqual([]);
  });

  test('cuts nothing off, from a narrow phone to a wide screen', async () => {
    const { page } = await openedWithTraffic();
    for (const width of [360, 390, 640, 641, 768, 1161, 1280, 1440]) {
      await page.setViewportSize({ width, height: 800 });
      expect(await page.evaluate('document.documentElement.scrollWidth')).toBe(width);
      // A text that is wider than its place would run into its neighbour.
      const tooWide = await page.evaluate(
        `[...document.querySelectorAll('.label, .value, dt, dd, .nothing')]
          .filter((e) => e.scrollWidth > e.clientWidth).map((e) => e.textContent)`,
      );
      expect([width, tooWide]).toEqual([width, []]);
      const drawn = await drawnNow(page);
      for (const chart of withAxes) {
        const times = drawn.filter((text) => text.chart === chart && isTime(text));
        const enough = expect.toSatisfy((count: number) => count >= 2);
        expect([width, chart, times.length]).toEqual([width, chart, enough]);
        for (const [i, { left, right, canvasWidth }] of times.entries()) {
          expect(left, `${chart} at ${width} pixels`).toBeGreaterThanOrEqual(times[i - 1]?.right ?? 0);
          expect(right, `${chart} at ${width} pixels`).toBeLessThanOrEqual(canvasWidth);
        }
      }
    }
  });

  test('says of an empty chart that there was nothing', async () => {
    const { page, post } = await opened();
    const nothing = async () => {
      const texts: Record<string, string | null> = {};
      for (const chart of all) {
        const place = ofChart(page, chart, '.nothing');
        if (await place.isVisible()) texts[chart] = await place.textContent();
      }
      return texts;
    };
    const ofBatches = Object.fromEntries(
      ['Batch size', 'Dequeue', 'Assemble', 'Execute', 'Process', 'Flush triggers'].map((chart) => [
        chart,
        'no batches',
      ]),
    );
    const without = { Failures: 'no failures', 'Enqueue wait': 'no producer waited' };
    expect(await nothing()).toEqual({
      ...ofBatches,
      ...without,
      Throughput: 'no rows',
      Ring: 'no rows in the ring',
      'Deadline lateness': 'no deadline flushes',
      Blocks: 'no block in use',
      'Flusher 1': 'idle',
      'Flusher 2': 'idle',
    });
    await post(lines([event()]), ndjson, '?ack=committed');
    await until(async () => (await nothing()).Throughput === undefined, 'the row on the page');
    const later = await nothing();
    for (const chart of Object.keys(ofBatches)) expect(later).not.toHaveProperty(chart);
    expect(later).toMatchObject(without);
  });

  test('does not say that there was nothing before it knows', async () => {
    const { url } = await start({ token: 'token' });
    const { page } = await openPage(browser, url);
    await page.locator('#token').waitFor();
    const texts = await page.locator('.nothing').allTextContents();
    expect(texts).toEqual(withAxes.map(() => 'no samples yet'));
  });

  test('marks logarithmic axes, for eyes and for screen readers', async () => {
    const { page } = await opened();
    const drawn = await drawnNow(page);
    const marked = drawn.filter(({ text }) => text === 'log scale').map(({ chart }) => chart);
    expect([...new Set(marked)].sort()).toEqual(stages.toSorted());
    const names = await page.evaluate<string[]>(
      `[...document.querySelectorAll('[role="img"]')].map((e) => e.ariaLabel)`,
    );
    expect(names.filter((name) => name.endsWith(', on a logarithmic scale')).length).toBe(stages.length);
    expect(names).toContain('Execute, on a logarithmic scale');
  });

  test('draws the lines of a chart in patterns of their own, and its legend shows them', async () => {
    const { page, post } = await openedWithTraffic();
    const colours = await page.evaluate<Record<string, string>>(`(() => {
      const style = getComputedStyle(document.documentElement);
      return Object.fromEntries(['q95', 'q99'].map((name) => [style.getPropertyValue('--' + name).trim(), name]));
    })()`);
    const canvases = await watchCanvases(page);
    const dashesOf = async (chart: string) => {
      const dashes: Record<string, Set<string>> = { q95: new Set(), q99: new Set() };
      for (const line of await canvases.lines()) {
        if (line.chart === chart) dashes[colours[line.colour] ?? '']?.add(line.dash);
      }
      return dashes as { q95: Set<string>; q99: Set<string> };
    };
    for (const chart of ['Execute', 'Event-loop delay']) {
      // One value is a point. Two make a line.
      await until(async () => {
        await post(lines([event()]), ndjson, '?ack=committed');
        return (await dashesOf(chart)).q99.has('6 4');
      }, 'a dashed line');
      expect([...(await dashesOf(chart)).q95]).toEqual(['']);
    }
    const swatches = await page.evaluate<[string, string][]>(
      `[...document.querySelectorAll('li:not([data-mark="figure"]) .label')].map((label) => {
        const { backgroundImage, height } = getComputedStyle(label, '::before');
        const pattern = backgroundImage.replaceAll(/rgba?\\([^)]*\\)/g, (c) => /, 0\\)/.test(c) ? 'gap' : 'dash');
        return [label.closest('[data-chart]').dataset.chart, height + ' ' + pattern];
      })`,
    );
    for (const chart of all) {
      const patterns = swatches.filter(([of]) => of === chart).map(([, pattern]) => pattern);
      expect(patterns.length).toBeGreaterThan(0);
      expect([chart, new Set(patterns).size]).toEqual([chart, patterns.length]);
    }
  });
});

describe('the time axis', () => {
  test('has at least two labels at any width of a plot, apart from each other and not cut off', async () => {
    Object.assign(globalThis, { devicePixelRatio: 1 });
    const { timeAxis } = await import('../../dist/src/live-page/axes.js');
    const splits = timeAxis().splits as unknown as (
      plot: object,
      axis: number,
      from: number,
      to: number,
    ) => number[];
    // From the narrowest plot of the page; from the least time that it shows to the most.
    const window = { from: fc.integer({ min: 0, max: 7200 }), seconds: fc.integer({ min: 60, max: 300 }) };
    fc.assert(
      fc.property(fc.record({ ...window, width: fc.integer({ min: 99, max: 2000 }) }), (shown) => {
        const { from, seconds, width } = shown;
        const times = splits({ bbox: { width } }, 0, from, from + seconds);
        const place = (time: number) => ((time - from) / seconds) * width;
        // Of 14:03 or 14:03:30 in 12 pixels, as wide as fonts make it.
        const label = times.every((time) => time % 60 === 0) ? 40 : 58;
        expect(times.length).toBeGreaterThanOrEqual(2);
        for (const [i, time] of times.entries()) {
          expect(place(time)).toBeGreaterThanOrEqual(i === 0 ? 0 : place(times[i - 1] as number) + label);
          expect(place(time)).toBeLessThanOrEqual(width - 19);
        }
      }),
      { numRuns: 2000 },
    );
  });
});
