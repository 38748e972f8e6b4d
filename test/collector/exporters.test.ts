/**
 * The exporting thread: each exporter at its own interval, retries, the last values at the end and at the process's
 * exit, deaths of the thread.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import { otlp } from '../../dist/src/collector/backends/otlp/index.js';
import { pushgateway } from '../../dist/src/collector/backends/pushgateway/index.js';
import type { ExporterRef } from '../../dist/src/collector/exporting/exporter.js';
import { Exporters, type ExportersOptions } from '../../dist/src/collector/exporting/exporters.js';
import { CountedSeries } from '../fixtures/counted-series.mjs';
import { HttpTarget, status } from '../fixtures/http-target.js';
import { until } from '../fixtures/until.js';

const own = (name: string, options: object = {}, intervalMs?: number): ExporterRef => ({
  ...{ exporter: new URL(`../fixtures/exporters/${name}.mjs`, import.meta.url).href, options, intervalMs },
});
const hour = 3_600_000;

function folder(): string {
  const path = mkdtempSync(join(tmpdir(), 'batchflow-exporters-'));
  onTestFinished(() => rmSync(path, { recursive: true, force: true }));
  return path;
}

let series: CountedSeries;
let exporters: Exporters | undefined;
afterEach(async () => {
  await exporters?.close({ timeoutMs: 0 });
});

async function start(
  refs: readonly ExporterRef[],
  options: Partial<ExportersOptions> = {},
): Promise<Exporters> {
  series = new CountedSeries();
  series.set('rows_total', 1);
  exporters = new Exporters({
    ...{
      collector: 'shop',
      exporters: refs,
      intervalMs: 20,
      compress: false,
      series: series.memory,
      exitGraceMs: 0,
    },
    ...options,
  });
  await exporters.start();
  return exporters;
}

/** The values of the counter that a target was pushed. */
const values = (target: HttpTarget) =>
  target.received.map(({ body }) => Number(/^rows_total (\d+)$/m.exec(String(body))?.[1]));

describe('exporters', () => {
  it('are each sent the newest values at an interval of their own', async () => {
    const [often, seldom] = [await HttpTarget.start(), await HttpTarget.start()];
    const running = await start([
      pushgateway({ url: often.url, intervalMs: 15 }),
      pushgateway({ url: seldom.url, intervalMs: hour }),
    ]);
    await until(() => often.received.length >= 3, 'three pushes');
    series.set('rows_total', 5);
    await until(() => values(often).at(-1) === 5, 'the newest value');
    expect(seldom.received).toEqual([]);
    expect(often.received[0]?.url).toBe('/in/metrics/job/shop');
    const [one, other] = running.status();
    expect(one?.sent).toBeGreaterThanOrEqual(3);
    expect(one?.lastSentAt?.getTime()).toBeGreaterThan(Date.now() - 60_000);
    expect(other).toMatchObject({
      sent: 0,
      failed: 0,
      givenUp: 0,
      lastSentAt: undefined,
      lastError: undefined,
    });
  });

  it('do not wait for another whose backend is down, which then gets the newest values', async () => {
    const [healthy, down] = [await HttpTarget.start(), await HttpTarget.start()];
    down.usual = status(503);
    const running = await start(
      [pushgateway({ url: healthy.url }), pushgateway({ url: down.url }), own('hanging')],
      {
        timeoutMs: 50,
      },
    );
    await until(
      () =>
        running
          .status()
          .slice(1)
          .every(({ failed }) => failed >= 2),
      'failures',
    );
    const before = healthy.received.length;
    await until(() => healthy.received.length > before + 3, 'pushes to the healthy backend');
    const [, second, third] = running.status();
    expect(second).toMatchObject({ sent: 0, givenUp: 0, lastError: expect.stringContaining('503') });
    expect(third?.lastError).toBe('the backend took longer than 50 ms');
    series.set('rows_total', 9);
    down.usual = status(200);
    await until(() => down.received.length > 0, 'the backend to be back');
    expect(values(down)[0]).toBe(9);
  });

  it('wait as long as the backend asks', async () => {
    const target = await HttpTarget.start();
    target.next.push(status(429, '', { 'retry-after': '1' }));
    await start([pushgateway({ url: target.url })]);
    await until(() => exporters?.status()[0]?.failed === 1, 'the refusal');
    const failedAt = exporters?.status()[0]?.lastFailedAt?.getTime() as number;
    await until(() => target.received.length > 0, 'the next push');
    // By the thread's own timer, which a busy machine can only make later.
    expect(Date.now() - failedAt).toBeGreaterThanOrEqual(999);
  });

  it('are not sent again before the next interval what the backend refused', async () => {
    const [refusing, other] = [await HttpTarget.start(), await HttpTarget.start()];
    let requests = 0;
    refusing.usual = (response, received) => {
      requests++;
      status(400)(response, received);
    };
    const before = performance.now();
    await start([pushgateway({ url: refusing.url, intervalMs: 1000 }), pushgateway({ url: other.url })]);
    await until(() => requests === 1, 'the first request');
    await until(() => exporters?.status()[0]?.givenUp === 1, 'the count');
    await until(() => requests === 2, 'the next interval');
    // A retry would have come 125 to 250 ms after the first. A busy machine can only make the second interval longer.
    expect(performance.now() - before).toBeGreaterThanOrEqual(2000);
  });
});

describe('the start', () => {
  it.each([
    [{ exporter: 'file:///no/such/exporter.mjs', options: {} }, /cannot be used: .*no\/such\/exporter/],
    [own('no-function'), /its default export is no function/],
    [own('mistaken', { how: 'throws' }), /cannot be used: no such option/],
    [own('mistaken', { how: 'nothing' }), /returned no exporter/],
    [own('mistaken', { how: 'sink' }), /it has no send/],
  ])('fails for %j', async (ref, message) => {
    const target = await HttpTarget.start();
    const started = start([pushgateway({ url: target.url }), ref]);
    await expect(started).rejects.toMatchObject({
      code: 'ERR_SINK',
      message: expect.stringMatching(message),
    });
    expect(exporters?.deaths).toBe(0);
    await exporters?.close();
  });

  it('needs no thread where there is no exporter', async () => {
    await (await start([])).close();
  });
});

describe('the end', () => {
  it('sends the last values once, and closes exporters', async () => {
    const file = join(folder(), 'calls');
    await start([own('last', { file })], { intervalMs: hour });
    series.set('rows_total', 7);
    await Promise.all([exporters?.close(), exporters?.close()]);
    expect(readFileSync(file, 'utf8')).toBe('shop true 7\nclosed\n');
  });

  it('does not repeat what will never pass', async () => {
    const file = join(folder(), 'calls');
    await start([own('last', { file, fails: true })], { intervalMs: hour });
    await exporters?.close();
    expect(readFileSync(file, 'utf8')).toBe('shop true 1\nclosed\n');
    expect(exporters?.status()[0]).toMatchObject({ failed: 1, givenUp: 1, lastError: 'will never pass' });
  });

  it('tries again until the backend takes the last values', async () => {
    const target = await HttpTarget.start();
    target.next.push(status(503), status(503));
    await start([pushgateway({ url: target.url })], { intervalMs: hour });
    series.set('rows_total', 8);
    await exporters?.close({ timeoutMs: 20_000 });
    expect(values(target)).toEqual([8]);
  });

  it.each([
    ['a send never ends', {}],
    ['an exporter blocks the thread', { blocks: true }],
  ])('comes in time where %s', async (_, options) => {
    const target = await HttpTarget.start();
    await start([pushgateway({ url: target.url }), own('hanging', options, hour)], { intervalMs: hour });
    // What it waits for never comes: without its limit it would not resolve.
    await exporters?.close({ timeoutMs: 300 });
  });
});

describe("the process's exit", () => {
  async function run(target: HttpTarget, end: string, graceMs: number) {
    const script = fileURLToPath(new URL('../fixtures/exiting-exporters.mjs', import.meta.url));
    const child = spawn(process.execPath, [script, target.url, end, String(graceMs)], { stdio: 'ignore' });
    const [code] = await once(child, 'exit');
    return code as number;
  }

  it.each([
    ['exit', 7],
    ['throw', 1],
    ['natural', 0],
    ['early', 7],
    ['flow', 7],
  ])('by %s: the last values are sent', async (end, code) => {
    const target = await HttpTarget.start();
    expect(await run(target, end, 10_000)).toBe(code);
    expect(values(target)).toEqual([42]);
  });

  it('waits no longer than it may', async () => {
    const target = await HttpTarget.start();
    target.usual = () => {};
    expect(await run(target, 'exit', 200)).toBe(7);
    expect(target.received).toHaveLength(1);
  });

  it('does not wait where it may not', async () => {
    const target = await HttpTarget.start();
    expect(await run(target, 'exit', 0)).toBe(7);
    expect(values(target)).toEqual([]);
  });
});

describe("a thread's death", () => {
  it.each(['exit', 'throw'])(
    'by %s: another one goes on, and no difference is lost or sent twice',
    async (how) => {
      const file = join(folder(), 'die');
      const target = await HttpTarget.start();
      const running = await start([
        otlp({ url: target.url, encoding: 'json', temporality: 'delta' }),
        own('dying', { file, how }),
      ]);
      const sum = () =>
        target.received
          .flatMap(({ body }) => JSON.parse(String(body)).resourceMetrics[0].scopeMetrics[0].metrics)
          .reduce((all, { sum: { dataPoints } }) => all + dataPoints[0].asDouble, 0);
      for (let death = 1; death <= 3; death++) {
        series.set('rows_total', 100 * death);
        await until(() => sum() >= 100 * death, 'the difference');
        const { sent } = running.status()[0] as { sent: number };
        // What was sent is remembered before it is counted.
        await until(() => (running.status()[0] as { sent: number }).sent > sent, 'the next interval');
        writeFileSync(file, '');
        await until(() => running.deaths === death, 'a death');
      }
      series.set('rows_total', 1000);
      await running.close({ timeoutMs: 20_000 });
      expect(sum()).toBe(1000);
    },
  );

  it('within the end: the last values are sent by another one', async () => {
    const file = join(folder(), 'die');
    const target = await HttpTarget.start();
    const running = await start([pushgateway({ url: target.url }), own('dying', { file, how: 'exit' })], {
      intervalMs: hour,
    });
    writeFileSync(file, '');
    series.set('rows_total', 11);
    await running.close({ timeoutMs: 20_000 });
    expect(values(target).at(-1)).toBe(11);
    expect(running.deaths).toBe(1);
  });

  it('within the end, over and over: no thread is started after it', async () => {
    const file = join(folder(), 'die');
    const running = await start([own('dying', { file, how: 'exit', keeps: true })]);
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    onTestFinished(() => void vi.useRealTimers());
    writeFileSync(file, '');
    // Until the pause before another start is longer than the time to close.
    for (let death = 1; death <= 8; death++) {
      await until(() => running.deaths === death, 'a death');
      if (death < 8) vi.advanceTimersByTime(10_000);
    }
    const closed = running.close({ timeoutMs: 5000 });
    await until(() => running.deaths === 9, 'the last death');
    vi.advanceTimersByTime(5100);
    await closed;
    expect(vi.getTimerCount()).toBe(0);
  });
});
