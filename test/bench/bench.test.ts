/**
 * The benches measure what they say: every way delivers every event whole, reports and their page are complete, and
 * the statistics are right. How fast anything is, is not looked at.
 */
import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { describe, expect, it, onTestFinished } from 'vitest';
import { verdictOf } from '../../dist/bench/compare/verdict.js';
import { deadlineWays, measure as measureDeadlines } from '../../dist/bench/deadlines/measure.js';
import { checksumOf, type RequestEvent, requests } from '../../dist/bench/harness/events.js';
import { measureInChild } from '../../dist/bench/harness/measuring.js';
import { page, writePage } from '../../dist/bench/harness/report/page.js';
import { readReport, writeReport } from '../../dist/bench/harness/report/report.js';
import { median, medianInterval, percentile, repeated } from '../../dist/bench/harness/report/statistics.js';
import { measure as measureLimit } from '../../dist/bench/limits/measure.js';
import { measure as measurePeer } from '../../dist/bench/peers/measure.js';
import { peerWays } from '../../dist/bench/peers/ways.js';
import { measure as measureSqlite } from '../../dist/bench/sqlite/measure.js';
import { sqliteWays } from '../../dist/bench/sqlite/ways.js';
import { assertTruth } from '../../dist/bench/ways/measure-way.js';

// More batches than may be in flight: every way has to refuse events, and to take them later.
const task = { batch: 200, producers: 1, intervalMs: 20, inFlight: 4, ms: 60_000, events: 4000 } as const;

function temporaryFolder(): URL {
  const folder = mkdtempSync(join(tmpdir(), 'batchflow-bench-test-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  return pathToFileURL(`${folder}/`);
}

/** As `npm run` runs it. */
const run = (file: string, ...options: string[]) =>
  promisify(execFile)(process.execPath, [`dist/bench/${file}`, ...options]);

describe('a way', () => {
  const ways = [
    ...peerWays.map(({ name }) => ({ way: name, measure: measurePeer })),
    ...sqliteWays.map(({ name }) => ({ way: name, measure: measureSqlite })),
  ];

  // `measure` throws unless the handler's totals are those of what was pushed.
  it.each(ways)('delivers every event whole: $way', async ({ way, measure }) => {
    const figures = await measure({ ...task, way });
    expect(Object.keys(figures).sort()).toEqual([
      ...['eventsPerSecond', 'loopDelayP99Ms', 'mainCpuNsPerEvent', 'memoryBeforeMb', 'peakMemoryMb'],
      'totalCpuNsPerEvent',
    ]);
    expect(figures.eventsPerSecond).toBeGreaterThan(0);
    expect(figures.totalCpuNsPerEvent).toBeGreaterThan(0);
  });

  const ofTwo = peerWays.filter(({ oneProducer }) => oneProducer === undefined).map(({ name }) => name);
  it.each(ofTwo)('delivers every event of two producers: %s', async (way) => {
    expect((await measurePeer({ ...task, way, producers: 2 })).eventsPerSecond).toBeGreaterThan(0);
  });

  it('that takes no second producer says why', async () => {
    await expect(measurePeer({ ...task, way: 'piscina', producers: 2 })).rejects.toThrow(
      'piscina takes no second producer: a pool belongs to one thread',
    );
  });

  const timed = ['harness', 'in-process', 'thread-stream-100', 'ours-columns'];
  it.each(timed)('is timed at a fixed rate: %s', async (way) => {
    const figures = await measurePeer({
      ...task,
      way,
      batch: 1000,
      intervalMs: 5,
      ms: 60,
      perSecond: 20_000,
    });
    if (way === 'harness') return expect(figures.delayP50Ms).toBeNull();
    // An event cannot be handled before it is due, and this machine is not off by a minute.
    expect(figures.delayP50Ms).toBeGreaterThan(0);
    expect(figures.delayMaxMs).toBeGreaterThanOrEqual(figures.delayP99Ms as number);
    expect(figures.delayMaxMs).toBeLessThan(60_000);
  });

  it('that loses or changes an event fails its run', () => {
    const way = { name: 'lossy', handledOn: 'a worker thread' } as const;
    const truth = [{ rows: 10, sum: 700 }];
    expect(() => assertTruth(way, { rows: 10, sum: 700 }, truth)).not.toThrow();
    expect(() => assertTruth(way, { rows: 9, sum: 700 }, truth)).toThrow('lossy: handled 9 events');
    expect(() => assertTruth(way, { rows: 10, sum: 701 }, truth)).toThrow('pushed were 10 of 700');
  });

  it('is measured in a process of its own, whose errors are told', async () => {
    const module = new URL('../../dist/bench/peers/measure.js', import.meta.url);
    const figures = await measureInChild({ module, task: { ...task, way: 'post-array' } });
    expect(figures.eventsPerSecond).toBeGreaterThan(0);
    const unknown = measureInChild({ module, task: { ...task, way: 'pigeons' } });
    await expect(unknown).rejects.toThrow('no way named pigeons');
  });
});

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

describe('other measurements', () => {
  it.each([
    ...(['floor', 'push', 'pushMany', 'pushColumns'] as const).flatMap((way) => [
      { way, events: 'numbers' as const },
      { way, events: 'request' as const },
    ]),
    { way: 'floor-without-texts' as const, events: 'request' as const },
  ])('of limits give a time an event: $way, $events', (which) => {
    const figures = measureLimit({ ...which, ms: 15 });
    expect(figures.nsPerEvent).toBeGreaterThan(0);
    expect(figures.gbPerSecond).toBeGreaterThan(0);
  });

  it.each(['copy-in', 'copy-out'] as const)('of copying give a bandwidth: %s', (way) => {
    expect(measureLimit({ way, events: 'numbers', bytes: 4096, ms: 5 }).gbPerSecond).toBeGreaterThan(0);
  });

  it.each(deadlineWays.map(({ name }) => name))('of deadlines see every flush: %s', async (way) => {
    const slices = { slices: 2, sliceMs: 500, blockedMs: 450, everyMs: 5, intervalMs: 20 };
    const figures = await measureDeadlines({ ...slices, way });
    expect(figures.flushes).toBeGreaterThanOrEqual(2);
    // The last event before the thread is blocked waits for its end where the thread itself is to flush.
    if (way === 'in-process') expect(figures.lateMaxMs).toBeGreaterThan(400);
    else expect(figures.lateP50Ms).toBeGreaterThanOrEqual(-2);
  });
});

describe('a report', () => {
  it('of a run is whole, and so is its page', async () => {
    const folder = temporaryFolder();
    const { stdout } = await run(
      'peers/main.js',
      ...['--quick', '--ms', '30', '--batch', '100', '--ways', 'harness,piscina,ours-columns'],
      ...['--out', folder.pathname],
    );
    expect(stdout).toContain('BatchFlow Threads, columns');
    // Reading checks its shape.
    const report = readReport('peers', folder);
    expect(report?.results.map(({ name, group }) => [name, group])).toEqual([
      ['harness', 'full speed, batch 100, 1 producer'],
      ['piscina', 'full speed, batch 100, 1 producer'],
      ['ours-columns', 'full speed, batch 100, 1 producer'],
      ['ours-columns', 'full speed, batch 100, 2 producers'],
      ['harness', '50,000 events/s, batch 1000, 5 ms'],
      ['piscina', '50,000 events/s, batch 1000, 5 ms'],
      ['ours-columns', '50,000 events/s, batch 1000, 5 ms'],
    ]);
    expect(report?.notApplicable.map(({ label }) => label)).toEqual([
      'the harness alone',
      "piscina, atomics 'sync'",
    ]);
    expect(report?.versions).toMatchObject({ node: process.version, piscina: expect.stringMatching(/^\d/) });
    expect(report?.command).toContain('npm run bench:peers -- --quick');
    const html = readFileSync(new URL('index.html', folder), 'utf8');
    expect(html).toContain('full speed, batch 100, 2 producers');
    const picture = readFileSync(new URL('peers.svg', folder), 'utf8');
    expect(picture).toContain('BatchFlow Threads, columns');
    expect(picture).not.toContain('the harness alone');
  });

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

  it.each([
    [['--ways', 'pigeons'], '--ways pigeons: expected some of harness, '],
    [['--repeats', '0'], '--repeats 0: expected a whole number from 1'],
  ])('is not begun with options that cannot work: %j', async (options, message) => {
    await expect(run('peers/main.js', ...options)).rejects.toThrow(message);
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

  it('claim nothing that the pairs do not show', () => {
    expect(verdictOf([0.5, 0.5, 0.5, 0.5, 0.5])).toMatchObject({
      words: 'too few pairs',
      interval: undefined,
    });
    expect(verdictOf([0.8, 0.9, 0.85, 0.95, 0.9, 0.99]).words).toBe('less');
    expect(verdictOf([1.8, 1.9, 1.85, 1.95, 1.01, 1.99]).words).toBe('more');
    expect(verdictOf([0.8, 0.9, 0.85, 0.95, 0.9, 1.01]).words).toBe('no difference shown');
    // One stray pair of twelve decides nothing.
    expect(verdictOf([...Array(11).fill(0.9), 5])).toMatchObject({ words: 'less', ratio: 0.9 });
  });
});
