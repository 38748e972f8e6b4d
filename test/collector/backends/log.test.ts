/**
 * The log backend: the line of the original, of what was recorded since the last one.
 */
import { describe, expect, it } from 'vitest';
import { logSummary } from '../../../dist/src/collector/backends/log/index.js';
import { context, counter, gauge, histogram, load, snapshotOf } from '../../fixtures/snapshots.js';

const said = globalThis as typeof globalThis & { lines?: string[] };
const loaded = (memory?: Uint8Array) => {
  said.lines = [];
  // It is made from its source: it reaches what it writes to by globals only.
  const write = (line: string) => {
    const { lines } = globalThis as { lines?: string[] };
    lines?.push(line);
  };
  return load(logSummary({ write }), { memory });
};

const families = (n: number) => [
  counter('http_requests_total', [{ path: '/a' }, 2 * n], [{ path: '/b' }, n]),
  histogram('http_request_duration_seconds', [1], [{}, Array(3 * n).fill(0.5)]),
  counter('backend_requests_total', [{}, 4 * n]),
  counter('health_checks_total', [{}, 5 * n]),
  gauge('health_check_healthy', [{}, 1]),
  counter('cache_operations_total', [{}, 6 * n]),
  counter('own_total', [{}, 7 * n]),
  // What the collector counts of itself is no event of the program's.
  counter('batchflow_collector_rejected_events_total', [{ type: 'counter', reason: 'negative' }, n]),
  gauge('own_level', [{}, 99]),
  histogram('own_sizes', [1], [{}, Array(8 * n).fill(2)]),
];
const lineOf = (n: number) =>
  `Batch metrics summary: ${3 * n} HTTP requests, ${4 * n} backend requests, ${5 * n} health checks, ` +
  `${6 * n} cache metrics, ${7 * n} counters, ${8 * n} histograms`;

describe('the summary', () => {
  it('says what was recorded since the last line, and nothing where nothing was', async () => {
    const exporter = await loaded();
    for (const n of [0, 1, 1, 3]) await exporter.send(snapshotOf(families(n)), context());
    expect(said.lines).toEqual([lineOf(1), lineOf(2)]);
  });

  it('counts a line again whose writing has failed later', async () => {
    said.lines = [];
    const write = async (line: string) => {
      const { lines } = globalThis as { lines?: string[] };
      if (lines?.push(line) === 1) throw new Error('the disk is full');
    };
    const exporter = await load(logSummary({ write: write as (line: string) => void }));
    const send = async (n: number) => exporter.send(snapshotOf(families(n)), context());
    await expect(send(1)).rejects.toThrow('the disk is full');
    await send(2);
    expect(said.lines).toEqual([lineOf(1), lineOf(2)]);
  });

  it('counts a series that has expired and came back by what is new of it, and hides no other', async () => {
    const exporter = await loaded();
    const of = (...points: [labels: Record<string, string>, value: number][]) =>
      exporter.send(snapshotOf([counter('own_total', ...points)]), context());
    await of([{ of: 'seldom' }, 100], [{ of: 'often' }, 1]);
    await of([{ of: 'often' }, 6]);
    await of([{ of: 'seldom' }, 102], [{ of: 'often' }, 7]);
    const counters = said.lines?.map((line) => Number(/(\d+) counters/.exec(line)?.[1]));
    expect(counters).toEqual([101, 5, 3]);
  });

  it('goes on where another thread has died', async () => {
    const first = await loaded();
    await first.send(snapshotOf(families(2)), context());
    const second = await loaded(first.remember?.());
    await second.send(snapshotOf(families(3)), context());
    expect(said.lines).toEqual([lineOf(1)]);
  });

  it.each([
    [{ to: 'syslog' }, 'to'],
    [{ write: 'console.log' }, 'write'],
    [{ intervalMs: 1.5 }, 'intervalMs'],
    [{ level: 'info' }, 'level'],
  ])('%j: the error names %s', (options, key) => {
    expect(() => logSummary(options as never)).toThrow(expect.objectContaining({ code: 'ERR_CONFIG', key }));
  });

  it('refuses a function that cannot be made from its source', () => {
    const { write } = { write(_line: string) {} };
    expect(() => logSummary({ write })).toThrow(
      expect.objectContaining({ code: 'ERR_CONFIG', key: 'write' }),
    );
  });
});
