/**
 * What every bench relies on: its events and their checksum, measuring in a process of its own, the statistics, the
 * page of results.
 */
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { checksumOf, type RequestEvent, requests } from '../../dist/bench/harness/events.js';
import { measureInChild } from '../../dist/bench/harness/measuring.js';
import { page, writePage } from '../../dist/bench/harness/report/page.js';
import { writeReport } from '../../dist/bench/harness/report/report.js';
import { median, medianInterval, percentile, repeated } from '../../dist/bench/harness/report/statistics.js';
import { peerWays } from '../../dist/bench/peers/ways.js';
import { sqliteWays } from '../../dist/bench/sqlite/ways.js';
import { briefTask } from './brief-task.js';
import { runBench } from './run-bench.js';
import { temporaryFolder } from './temporary-folder.js';

describe('the events', () => {
  const [event, other] = requests(2, 7) as [RequestEvent, RequestEvent];

  it('are the same for the same seed only', () => {
    expect(requests(2, 7)).toEqual([event, other]);
    expect(requests(2, 8)).not.toEqual([event, other]);
  });

  it.each(Object.keys(event))('have a checksum that sees a change of %s', (field) => {
    const value = event[field as keyof RequestEvent];
    const changed = typeof value === 'number' ? value + 1 : `${value}!`;
    expect(checksumOf({ ...event, [field]: changed })).not.toBe(checksumOf(event));
  });

  it('have a checksum that sees fields of two events exchanged', () => {
    const [a, b] = [
      { ...event, status: 200 },
      { ...other, status: 404, message: `${event.message} twice` },
    ];
    const sum = checksumOf(a) + checksumOf(b);
    expect(checksumOf({ ...a, status: 404 }) + checksumOf({ ...b, status: 200 })).not.toBe(sum);
  });
});

describe('a measurement', () => {
  it('runs in a process of its own, whose errors reach the caller', async () => {
    const module = new URL('../../dist/bench/peers/measure.js', import.meta.url);
    const figures = await measureInChild({ module, task: { ...briefTask, way: 'post-array' } });
    expect(figures.eventsPerSecond).toBeGreaterThan(0);
    const unknown = measureInChild({ module, task: { ...briefTask, way: 'pigeons' } });
    await expect(unknown).rejects.toThrow('no way named pigeons');
  });
});

describe('a report', () => {
  it('shows every way, with its range, on a page that needs nothing else', () => {
    const folder = temporaryFolder();
    const figures = { eventsPerSecond: repeated([3e6, 1e6, 2e6]) };
    const results = [...peerWays, ...sqliteWays].map(({ name, label, own }) => {
      return { name, label: `<${label}>`, own: own === true, group: 'full speed, batch 1000', figures };
    });
    const report = writeReport(
      { suite: 'peers', command: 'npm run bench:peers', settings: {}, results, notApplicable: [] },
      folder,
    );
    writePage(folder);
    const html = readFileSync(new URL('index.html', folder), 'utf8');
    expect(html).toBe(page([report]));
    for (const { label } of [...peerWays, ...sqliteWays]) expect(html).toContain(`&lt;${label}&gt;`);
    expect(html).toContain('2 M/s<br><small>[1 M/s, 3 M/s]</small>');
    expect(html).not.toMatch(/<script|<link|src=|url\(/);
  });
});

describe('the options', () => {
  it.each([
    [['--ways', 'pigeons'], '--ways pigeons: expected some of harness, '],
    [['--repeats', '0'], '--repeats 0: expected a whole number from 1'],
  ])('are refused before anything is measured: %j', async (options, message) => {
    await expect(runBench('peers/main.js', ...options)).rejects.toThrow(message);
  });
});

describe('the statistics', () => {
  it('have a median and percentiles', () => {
    expect(median([3, 1, 2])).toBe(2);
    expect(median([4, 1, 3, 2])).toBe(2.5);
    const sorted = Array.from({ length: 200 }, (_, i) => i + 1);
    expect([0, 50, 99, 100].map((p) => percentile(sorted, p))).toEqual([1, 100, 198, 200]);
  });

  // The k-th smallest and largest, and the confidence, are in every table of the sign test.
  it.each([
    [6, 1, 0.96875],
    [9, 2, 0.9609375],
    [11, 2, 0.98828125],
    [12, 3, 0.9614257812],
    [20, 6, 0.9586105347],
  ])('give an interval of the median of %i values from the %i. on', (n, k, confidence) => {
    // 1 to n, in no order.
    const values = Array.from({ length: n }, (_, i) => ((i * 13) % n) + 1);
    expect(new Set(values).size).toBe(n);
    const interval = medianInterval(values);
    expect([interval?.low, interval?.high]).toEqual([k, n + 1 - k]);
    expect(interval?.confidence).toBeCloseTo(confidence, 9);
  });
});
