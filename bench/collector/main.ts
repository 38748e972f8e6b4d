/**
 * `npm run bench:collector`: what a metric event costs the thread that records it, how many of them a flusher counts,
 * a scrape of many series, and the memory while every backend is down.
 */
import { readOptions } from '../harness/options.js';
import type { Result } from '../harness/report/report.js';
import { repeated } from '../harness/report/statistics.js';
import { runSuite } from '../harness/run.js';
import type { CountTask } from './count.js';
import type { OutageTask } from './outage.js';
import type { RecordTask } from './record.js';
import type { ScrapeTask } from './scrape.js';

const parts = ['record', 'count', 'scrape', 'outage'] as const;
const options = readOptions('bench:collector', { repeats: 7, ms: 2000, quickMs: 300 }, { parts });
const { ms } = options;

const series = 10_000;
const module = (name: string) => new URL(`./${name}.js`, import.meta.url);
const own = { own: true, label: 'batchflow-threads/collector' };

const recording = {
  collector: own,
  'prom-client': { own: false, label: 'prom-client: inc and observe' },
  opentelemetry: { own: false, label: 'OpenTelemetry: add and record' },
} as const;
const scraping = { collector: own, 'prom-client': { own: false, label: 'prom-client' } } as const;

const cases = {
  record: Object.entries(recording).map(([way, key]) => ({
    key: { name: `record-${way}`, ...key, group: 'record an HTTP request' },
    module: module('record'),
    task: { way: way as RecordTask['way'], ms } satisfies RecordTask,
  })),
  count: [100, 1000].map((batchSize) => ({
    key: { name: `count-${batchSize}`, ...own, group: `count events of 198 series, batches of ${batchSize}` },
    module: module('count'),
    task: { batchSize, ms } satisfies CountTask,
  })),
  scrape: Object.entries(scraping).map(([way, key]) => ({
    key: { name: `scrape-${way}`, ...key, group: `scrape ${series} counters` },
    module: module('scrape'),
    task: { way: way as ScrapeTask['way'], series, ms } satisfies ScrapeTask,
  })),
  outage: [
    {
      key: { name: 'outage', ...own, group: 'record 1,000,000 events while every backend is down' },
      module: module('outage'),
      task: { events: 1_000_000 } satisfies OutageTask,
    },
  ],
};

/** Of each repeat, the figure as a multiple of the collector's in the same repeat: both were measured close in time. */
function withRatios(results: readonly Result[]): Result[] {
  return results.map((result) => {
    const figure = result.figures.mainCpuNsPerEvent ?? result.figures.scrapeMs;
    const ours = results.find((each) => each.own && each.group === result.group)?.figures;
    const base = ours?.mainCpuNsPerEvent ?? ours?.scrapeMs;
    if (result.own || figure === undefined || base === undefined) return result;
    const timesCollector = repeated(figure.all.map((value, i) => value / (base.all[i] as number)));
    return { ...result, figures: { ...result.figures, timesCollector } };
  });
}

await runSuite(
  {
    suite: 'collector',
    settings: { series },
    cases: parts.filter((part) => options.chosen.parts.includes(part)).flatMap((part) => [...cases[part]]),
    notApplicable: [],
    derive: withRatios,
    print: [
      ...['mainCpuNsPerEvent', 'timesCollector', 'eventsPerSecond', 'flusherCpuNsPerEvent', 'scrapeMs'],
      ...['memoryBeforeMb', 'peakMemoryMb'],
    ],
  },
  options,
);
