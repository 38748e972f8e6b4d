/**
 * The published page of the benches' results: made from the published reports, its links lead somewhere, and it can be
 * read on a phone.
 */
import { execFile } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join, posix } from 'node:path';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { page as pageOf } from '../../dist/bench/harness/report/page.js';
import { readReport, suites } from '../../dist/bench/harness/report/report.js';
import { launch, noBrowser, openPage } from '../fixtures/browser.js';
import { visibleTexts } from '../fixtures/page-text.js';

const root = join(import.meta.dirname, '../..');
const folder = 'bench/results';
const address = pathToFileURL(join(root, folder, 'index.html')).href;
const html = readFileSync(join(root, folder, 'index.html'), 'utf8');
const reports = suites.flatMap((suite) => readReport(suite, pathToFileURL(join(root, folder, '/'))) ?? []);

const matches = (pattern: RegExp) => [...html.matchAll(pattern)].map(([, found]) => found as string);
const links = matches(/href="([^"]*)"/g);

describe('the page of results', () => {
  test('is what the published reports make', () => {
    expect(reports.map(({ suite }) => suite)).toEqual(suites);
    expect(html).toBe(pageOf(reports));
  });

  test('has a list of contents that leads to each section and each group', () => {
    const groups = reports.flatMap(({ results }) => [...new Set(results.map(({ group }) => group))]);
    const inPage = links.filter((link) => link.startsWith('#')).map((link) => link.slice(1));
    const ids = matches(/ id="([^"]*)"/g);
    expect(new Set(ids).size).toBe(ids.length);
    expect(inPage).toEqual(ids);
    expect(ids.length).toBe(suites.length + groups.length);
    const titles = matches(/<h3 id="[^"]*">([^<]*)</g);
    expect(titles).toEqual(groups);
  });

  test('has a link to its method, which is in the repository and in the package', async () => {
    const others = links.filter((link) => !link.startsWith('#'));
    expect(others).toEqual(['../../docs/performance.md']);
    const method = posix.join(folder, others[0] as string);
    expect(existsSync(join(root, method))).toBe(true);
    const command = ['pack', '--dry-run', '--json', '--ignore-scripts'];
    const { stdout } = await promisify(execFile)('npm', command, { cwd: root, maxBuffer: 10_000_000 });
    const [{ files }] = JSON.parse(stdout) as [{ files: { path: string }[] }];
    const packed = files.map(({ path }) => path);
    expect(packed).toContain(posix.join(folder, 'index.html'));
    expect(packed).toContain(method);
  });

  describe.skipIf(noBrowser !== undefined)('in a browser', () => {
    let browser: Browser;
    beforeAll(async () => {
      browser = await launch();
    });
    afterAll(() => browser?.close());

    test.each(['light', 'dark'] as const)('is readable on a phone, in %s', async (colorScheme) => {
      const options = { colorScheme, viewport: { width: 390, height: 844 } };
      const { page, problems } = await openPage(browser, address, options);
      await page.evaluate("document.querySelectorAll('details').forEach((e) => { e.open = true })");
      expect(await page.evaluate('document.documentElement.scrollWidth')).toBe(390);
      const texts = await visibleTexts(page);
      expect(texts.length).toBeGreaterThan(1000);
      expect(texts.filter(({ size, contrast }) => size < 12 || contrast < 4.5)).toEqual([]);
      // What is wider than the page scrolls in its own box, which a keyboard reaches.
      const { wide, outside, covered } = await page.evaluate<Record<string, string[]>>(`(() => {
        const wide = [...document.querySelectorAll('body *')].filter((e) => e.scrollWidth > e.clientWidth + 1
          && getComputedStyle(e).overflowX !== 'visible');
        const box = (e) => e.getBoundingClientRect();
        const charts = [...document.querySelectorAll('.chart *')];
        const ticks = [...document.querySelectorAll('.ticks span')].filter((e) => e.checkVisibility());
        return {
          wide: [...new Set(wide.map((e) => e.className + ' ' + e.tabIndex))],
          outside: charts.filter((e) => box(e).left < 0 || box(e).right > 390).map((e) => e.outerHTML),
          covered: ticks.filter((e) => ticks.some((other) => other !== e && other.parentElement === e.parentElement
            && box(e).left < box(other).right && box(other).left < box(e).right)).map((e) => e.outerHTML),
        };
      })()`);
      expect(wide).toEqual(['scroll 0']);
      expect(outside).toEqual([]);
      expect(covered).toEqual([]);
      expect(problems).toEqual([]);
    });
  });
});
