/** The report as a page that stands alone: a section for each scenario, with its check, its figures and its plots. */
import { escapeHtml, plotSvg, short } from './plot.js';
import { percents, type Report, type ScenarioReport } from './report.js';

const style = `body{font:14px system-ui,sans-serif;margin:2em auto;max-width:1320px;padding:0 1em;color:#222}
section{border-top:1px solid #ccc;margin-top:2em}.plots{display:flex;flex-wrap:wrap;gap:12px}
figure{margin:0;width:310px}svg{width:100%;background:#fafafa}svg text{font-size:10px;fill:#555}
.legend{font-size:11px}table{border-collapse:collapse;margin:.5em 2em .5em 0}
td,th{padding:1px 10px 1px 0;text-align:right}
td:first-child,th:first-child{text-align:left}.tables{display:flex;flex-wrap:wrap;align-items:flex-start}
.right{color:#2a7a3b}.wrong{color:#b00020;font-weight:bold}`;

export function reportPage({ at, machine, scrape, scenarios }: Report): string {
  const summary = scenarios.map(
    ({ name, agrees, rowsPerSecond }) =>
      `<tr><td><a href="#${name}">${name}</a></td>
<td>${agrees ? short(rowsPerSecond) : '–'}</td><td>${verdict(agrees)}</td></tr>`,
  );
  return `<!doctype html>
<html lang="en"><meta charset="utf-8"><title>BatchFlow Threads: integration report</title><style>${style}</style>
<h1>BatchFlow Threads: integration report</h1>
<p>${escapeHtml(at)}, ${escapeHtml(machine)}. All curves and figures are what Prometheus says;
the scenarios run at the same time, all but blocked-main.
A scrape of two flows of 4 flushers takes ${scrape.busyMs.toFixed(2)} ms of the thread (median), and
${scrape.stuckMs.toFixed(2)} ms while 4 of them are stuck in their sink.</p>
<table><tr><th>scenario</th><th>rows/s committed</th><th>counts</th></tr>${summary.join('')}</table>
${scenarios.map(section).join('\n')}</html>
`;
}

function section({ name, about, seconds, agrees, checks, counts, stages, plots }: ScenarioReport): string {
  const countRows = Object.entries(counts).map(
    ([what, count]) => `<tr><td>${what}</td><td>${count}</td></tr>`,
  );
  const stageRows = Object.entries(stages).map(([stage, quantiles]) => {
    const cells = percents.map((percent) => {
      const seconds = quantiles[percent];
      return `<td>${seconds === undefined ? '–' : (1000 * seconds).toFixed(1)}</td>`;
    });
    return `<tr><td>${stage}</td>${cells.join('')}</tr>`;
  });
  const checkRows = checks.map(
    ({ what, prometheus, truth }) =>
      `<tr class="${prometheus === truth ? 'right' : 'wrong'}"><td>${escapeHtml(what)}</td>
<td>${prometheus}</td><td>${truth}</td></tr>`,
  );
  return `<section id="${name}"><h2>${name}</h2><p>${escapeHtml(about)} ${short(seconds)} s. ${verdict(agrees)}</p>
<div class="plots">${plots.map(plotSvg).join('')}</div>
<div class="tables"><table><tr><th>rows</th><th></th></tr>${countRows.join('')}</table>
<table><tr><th>stage, ms</th>${percents.map((percent) => `<th>p${percent}</th>`).join('')}</tr>
${stageRows.join('')}</table>
<details><summary>${checks.length} counts, Prometheus' and somebody else's</summary>
<table><tr><th>what</th><th>Prometheus</th><th>truth</th></tr>${checkRows.join('')}</table></details></div></section>`;
}

function verdict(agrees: boolean): string {
  return agrees
    ? '<span class="right">all counts agree</span>'
    : '<span class="wrong">counts do not agree: the figures do not count</span>';
}
