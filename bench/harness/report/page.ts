/**
 * The page of all reports of a folder, with charts and a table of every figure; and the picture for the README. Each is
 * one file that needs no other, and follows the reader's choice of light or dark.
 */
import { writeFileSync } from 'node:fs';
import { chart, chartStyle, escaped, svgOf } from './chart.js';
import { shown } from './figures.js';
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

export function page(reports: readonly Report[]): string {
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<meta name="color-scheme" content="light dark">
<title>BatchFlow Threads: measured</title>
<style>
body { max-width: 64rem; margin: 2rem auto; padding: 0 1rem; font: 16px/1.5 system-ui, sans-serif; }
table { border-collapse: collapse; font-size: 0.8rem; display: block; overflow-x: auto; }
th, td { padding: 0.2rem 0.6rem; text-align: right; white-space: nowrap; }
th:first-child, td:first-child { text-align: left; }
tr.own { font-weight: 600; }
svg { width: 100%; margin: 1rem 0; }
small { opacity: 0.7; }
${chartStyle}</style>
<h1>BatchFlow Threads: measured</h1>
<p>Medians of repeats; lines and brackets show the range. All figures, and each repeat, are in the JSON files beside
this page. docs/performance.md says what is measured, and how to repeat it.</p>
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
    const images = charts.flatMap((name) => chart(name, results.filter(inCharts), group) ?? []);
    const missing = report.notApplicable
      .filter((each) => each.group === group)
      .map(({ label, reason }) => `<li>${escaped(label)}: not applicable, ${escaped(reason)}</li>`);
    return [
      `<h3>${escaped(group)}</h3>`,
      ...images.map((image) => svgOf([image], false)),
      table(results),
      missing.length > 0 ? `<ul>${missing.join('')}</ul>` : '',
    ].join('\n');
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

function table(results: readonly Result[]): string {
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
  return `<details><summary>All figures</summary>${all}</details>`;
}

/** The picture for the README: rate and main-thread time with batches of 1000, or of the first group. */
function peersPicture(report: Report): string {
  const groups = groupsOf(report);
  const [group, results] =
    groups.find(([name]) => name.includes('batch 1000')) ?? (groups[0] as (typeof groups)[0]);
  const charts = ['eventsPerSecond', 'mainCpuNsPerEvent'];
  return svgOf(
    charts.flatMap((name) => chart(name, results.filter(inCharts), group) ?? []),
    true,
  );
}
