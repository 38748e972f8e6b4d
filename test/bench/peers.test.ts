/**
 * The peers' bench measures what it says: every way delivers every event whole, and the report of a run is complete.
 * How fast anything is, is not looked at.
 */
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { readReport } from '../../dist/bench/harness/report/report.js';
import { measure } from '../../dist/bench/peers/measure.js';
import { peerWays } from '../../dist/bench/peers/ways.js';
import { briefTask } from './brief-task.js';
import { runBench } from './run-bench.js';
import { temporaryFolder } from './temporary-folder.js';

describe('a way', () => {
  // `measure` throws unless the handler's totals are those of what was pushed.
  it.each(peerWays.map(({ name }) => name))('delivers every event whole: %s', async (way) => {
    const figures = await measure({ ...briefTask, way });
    expect(Object.keys(figures).sort()).toEqual([
      ...['eventsPerSecond', 'loopDelayP99Ms', 'mainCpuNsPerEvent', 'memoryBeforeMb', 'peakMemoryMb'],
      'totalCpuNsPerEvent',
    ]);
    expect(figures.eventsPerSecond).toBeGreaterThan(0);
    expect(figures.totalCpuNsPerEvent).toBeGreaterThan(0);
  });

  const ofTwo = peerWays.filter(({ oneProducer }) => oneProducer === undefined).map(({ name }) => name);
  it.each(ofTwo)('delivers every event of two producers: %s', async (way) => {
    expect((await measure({ ...briefTask, way, producers: 2 })).eventsPerSecond).toBeGreaterThan(0);
  });

  it('that takes no second producer says why', async () => {
    await expect(measure({ ...briefTask, way: 'piscina', producers: 2 })).rejects.toThrow(
      'piscina takes no second producer: a pool belongs to one thread',
    );
  });

  const timed = ['harness', 'in-process', 'thread-stream-100', 'ours-columns'];
  it.each(timed)('is timed at a fixed rate: %s', async (way) => {
    const figures = await measure({
      ...briefTask,
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
});

it('writes a report and a page that are whole', async () => {
  const folder = temporaryFolder();
  const { stdout } = await runBench(
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
