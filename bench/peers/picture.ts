/**
 * `npm run bench:picture`: draws the README's picture of the peers' results as a PNG, with the system's Chromium.
 */
import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { chromium } from 'playwright-core';
import { resultsFolder } from '../harness/report/report.js';

const paths = [process.env.CHROMIUM_PATH, '/usr/bin/chromium', '/usr/bin/chromium-browser'];
const executablePath = paths.find((path) => path !== undefined && existsSync(path));
if (executablePath === undefined)
  throw new Error('no Chromium: apt-get install chromium, or set CHROMIUM_PATH');

const svg = readFileSync(new URL('peers.svg', resultsFolder), 'utf8');
const browser = await chromium.launch({ executablePath, args: ['--no-sandbox'] });
try {
  const page = await browser.newPage({ colorScheme: 'light', deviceScaleFactor: 2 });
  await page.setContent(`<style>body { margin: 0 } svg { display: block; width: 820px }</style>${svg}`);
  await page.locator('svg').screenshot({ path: fileURLToPath(new URL('peers.png', resultsFolder)) });
} finally {
  await browser.close();
}
