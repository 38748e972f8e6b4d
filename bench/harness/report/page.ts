/**
 * The page of all reports of a folder, with charts and a table of every figure; and the picture for the README. Each is
 * one file that needs no other, and follows the reader's choice of light or dark.
 */
import { writeFileSync } from 'node:fs';
import { chart, svgOf } from './chart.js';
import { contents, idOf } from './contents.js';
import { escaped } from './escaped.js';
import { shown } from './figures.js';
import { htmlChart, htmlChartStyle } from './html-chart.js';
import { type Report, type Result, readReport, type SuiteName, suites } from './report.js';

interface Section {
  readonly title: string;
  readonly text: string;
  /** Figures to draw, in this order; a figure that a group lacks is left out. */
  readonly charts: readonly string[];
}

const sections: Record<SuiteName, Section> = {
  peers: {
    title: 'Ways to a handler',
    text: 'The same events to the same handler, at most 8 batches on their way.',
    charts: [
      ...['eventsPerSecond', 'mainCpuNsPerEvent', 'totalCpuNsPerEvent', 'loopDelayP99Ms'],
      ...['peakMemoryMb', 'delayP50Ms', 'delayP99Ms'],
    ],
  },
  limits: {
    title: 'How close to the machine',
    text: 'What a push costs the producer, beside a loop that stores the same fields into plain typed arrays.',
    charts: ['nsPerEvent', 'gbPerSecond'],
  },
  deadlines: {
    title: 'Deadlines while the main thread is blocked',
    text: 'How long after the deadline of its first event a batch reached its handler.',
    charts: ['lateP50Ms', 'lateP99Ms', 'lateMaxMs'],
  },
  sqlite: {
    title: 'Into SQLite',
    text: 'The same rows into the same table, a transaction a batch, WAL, synchronous = normal.',
    charts: ['eventsPerSecond', 'mainCpuNsPerEvent', 'totalCpuNsPerEvent', 'loopDelayP99Ms'],
  },
  sql: {
    title: 'Into PostgreSQL and MariaDB',
    text: 'The same rows into the same table, a transaction a batch, a server on the same machine.',
    charts: ['eventsPerSecond', 'mainCpuNsPerEvent', 'totalCpuNsPerEvent', 'loopDelayP99Ms'],
  },
  sinks: {
    title: 'Into Redis',
    text: 'The same rows as the same texts, one pipeline a batch, a server on the same machine without a disk.',
    charts: ['eventsPerSecond', 'mainCpuNsPerEvent', 'totalCpuNsPerEvent', 'loopDelayP99Ms'],
  },
  acks: {
    title: 'Waiting for the commit of one event',
    text: 'Default settings, into SQLite with a transaction a batch that is on the disk when it ends.',
    charts: ['requestsPerSecond', 'answerP50Ms', 'answerP99Ms', 'mainCpuNsPerEvent', 'eventsPerFlush'],
  },
  shards: {
    title: 'Over shards',
    text: 'Rows through a sink that takes CPU for each, at most 64 batches in all rings; two cores for all threads.',
    charts: ['eventsPerSecond', 'timesOneFlusher', 'mainCpuNsPerEvent', 'totalCpuNsPerEvent'],
  },
  start: {
    title: 'Importing the package',
    text: 'Each import in a process of its own, which has loaded next to nothing before.',
    charts: ['importMs'],
  },
  collector: {
    title: 'Collecting metrics',
    text: 'HTTP requests of 198 label sets: recorded, counted, and scraped.',
    charts: ['mainCpuNsPerEvent', 'eventsPerSecond', 'flusherCpuNsPerEvent', 'scrapeMs', 'peakMemoryMb'],
  },
  hosts: {
    title: 'Past one machine',
    text: 'Messages of many events through NATS JetStream; three servers, workers and the client share one machine.',
    charts: ['messageMs', 'eventsPerSecond', 'totalCpuNsPerEvent'],
  },
};

/** The harness alone is in the tables, for subtraction, but in no chart, since it delivers nothing. */
const inCharts = ({ name }: Result) => name !== 'harness';

/** Make `index.html` and, with a report of peers, `peers.svg` from the reports in a folder. */
export function writePage(folder: URL): void {
  const reports = suites.flatMap((suite) => readReport(suite, folder) ?? []);
  writeFileSync(new URL('index.html', folder), page(reports));
  const peers = reports.find(({ suite }) => suite === 'peers');
  if (peers !== undefined) writeFileSync(new URL('peers.svg', folder), peersPicture(peers));
}

/** From `bench/results`, where the published page is, in the repository and in the package alike. */
const method = '../../docs/performance.md';

const style = `
:root { --soft: #59636e; --line: #d1d9e0; --bar: #9aa4af; --own: #0969da; }
@media (prefers-color-scheme: dark) {
  :root { --soft: #9198a1; --line: #3d444d; --bar: #656c76; --own: #4493f8; }
}
body { max-width: 64rem; margin: 2rem auto; padding: 0 1rem; font: 16px/1.5 system-ui, sans-serif; }
body { overflow-wrap: anywhere; }
h1, h2, h3 { line-height: 1.25; }
h2 { margin-top: 3rem; }
nav > ul { columns: 20rem; }
nav > ul > li { break-inside: avoid; }
nav ul { padding-left: 1.2rem; }
summary { cursor: pointer; }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; font-size: 13px; }
th, td { padding: 0.2rem 0.6rem; text-align: right; white-space: nowrap; }
th:first-child, td:first-child { text-align: left; }
tr.own { font-weight: 600; }
small { color: var(--soft); font-size: 13px; }
td small { font-size: 12px; }
${htmlChartStyle}`;

export function page(reports: readonly Report[]): string {
  const entries = reports.map((report) => ({
    id: report.suite,
    title: sections[report.suite].title,
    groups: groupsOf(report).map(([title]) => ({ id: idOf(report.suite, title), title })),
  }));
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>BatchFlow Threads: measured</title>
<style>${style}</style>
<h1>BatchFlow Threads: measured</h1>
<p><a href="${method}">docs/performance.md</a> says what is measured, and how to repeat it. Charts show medians of
repeats; lines and brackets show the range. Each repeat is in the JSON files that the repository keeps beside this
page.</p>
${contents(entries)}
${reports.map(sectionOf).join('\n')}
</html>
`;
}

function sectionOf(report: Report): string {
  const { title, text, charts } = sections[report.suite];
  const { machine, versions } = report;
  const memory = `${(machine.memoryBytes / 2 ** 30).toFixed(0)} GiB`;
  const where = [
    `${machine.cores} × ${machine.cpu}`,
    memory,
    machine.system,
    ...Object.entries(versions).map(([name, version]) => `${name} ${version}`),
    report.date,
    report.command,
  ];
  const groups = groupsOf(report).map(([group, results]) => {
    const missing = report.notApplicable
      .filter((each) => each.group === group)
      .map(({ label, reason }) => `<li>${escaped(label)}: not applicable, ${escaped(reason)}</li>`);
    return [
      `<h3 id="${idOf(report.suite, group)}">${escaped(group)}</h3>`,
      ...charts.map((name) => htmlChart(name, results.filter(inCharts))),
      table(results, `${title}, ${group}`),
      missing.length > 0 ? `<ul>${missing.join('')}</ul>` : '',
    ]
      .filter((part) => part !== '')
      .join('\n');
  });
  return `<h2 id="${report.suite}">${escaped(title)}</h2>
<p>${escaped(text)}<br><small>${escaped(where.join('; '))}</small></p>
${groups.join('\n')}`;
}

function groupsOf({ results }: Report): [string, Result[]][] {
  const groups = new Map<string, Result[]>();
  for (const result of results) groups.set(result.group, [...(groups.get(result.group) ?? []), result]);
  return [...groups];
}

/** In a box of its own, which scrolls where the page is narrow. */
function table(results: readonly Result[], name: string): string {
  const names = [...new Set(results.flatMap(({ figures }) => Object.keys(figures)))];
  const head = names.map((name) => `<th>${escaped(shown(name).title)}</th>`).join('');
  const rows = results.map(({ label, own, figures }) => {
    const cells = names.map((name) => {
      const figure = figures[name];
      if (figure === undefined) return '<td>n/a</td>';
      const [median, min, max] = [figure.median, figure.min, figure.max].map(shown(name).format);
      return `<td>${median}<br><small>[${min}, ${max}]</small></td>`;
    });
    return `<tr${own ? ' class="own"' : ''}><td>${escaped(label)}</td>${cells.join('')}</tr>`;
  });
  const all = `<table><tr><th></th>${head}</tr>\n${rows.join('\n')}</table>`;
  const box = `<div class="scroll" role="region" tabindex="0" aria-label="${escaped(name)}">${all}</div>`;
  return `<details><summary>All figures</summary>${box}</details>`;
}

/** The picture for the README: rate and main-thread time with batches of 1000, or of the first group. */
function peersPicture(report: Report): string {
  const groups = groupsOf(report);
  const [group, results] =
    groups.find(([name]) => name.includes('batch 1000')) ?? (groups[0] as (typeof groups)[0]);
  const charts = ['eventsPerSecond', 'mainCpuNsPerEvent'];
  return svgOf(charts.flatMap((name) => chart(name, results.filter(inCharts), group) ?? []));
}
