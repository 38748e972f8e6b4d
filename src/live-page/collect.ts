/**
 * The live page of the service for metric events: its events, its series, and the history of the one that is chosen.
 */
import { Chart } from './chart.js';
import { eventCharts, seriesChart } from './collect-charts.js';
import { type CollectRow, CollectRows } from './collect-rows.js';
import type { CollectSamples, CollectStart, CollectTotals } from './collect-wire.js';
import { found } from './element.js';
import { showState, showTime } from './head.js';
import { SeriesTable } from './series-table.js';
import { Stream } from './stream.js';
import { onTheme } from './theme.js';
import { keptToken, tokenForm } from './token-form.js';
import { exact, span } from './units.js';

const rows = new CollectRows();
const cards = eventCharts.map((definition) => new Chart<CollectRow>(definition, rows, showTime));
found('#charts').append(...cards.map(({ card }) => card));
let chosen: Chart<CollectRow> | undefined;
let started: CollectStart | undefined;
let totals: CollectTotals | undefined;

const table = new SeriesTable((series) => {
  chosen?.remove();
  chosen = new Chart(seriesChart(series), rows, showTime);
  found('#charts').append(chosen.card);
  chosen.draw();
});

const form = tokenForm((token) => stream.open(token));
const stream = new Stream<CollectStart, CollectSamples>(new URL('live/stream', document.baseURI), {
  start(start) {
    if (start.run !== started?.run) table.clear();
    started = start;
    form.hide();
    rows.begin(start);
    found('[data-flow]').textContent = start.collector;
    document.title = start.collector;
  },
  samples(message) {
    rows.add(message.samples);
    totals = message.totals;
    draw();
  },
  state: showState,
  tokenWanted: (refused) => form.ask(refused),
});

function draw(): void {
  const { last } = rows;
  if (last === undefined || started === undefined || totals === undefined || document.hidden) return;
  found('[data-uptime]').textContent = span(last.at * 1000 - started.startedAt);
  const { series, ...counts } = totals;
  for (const [name, value] of Object.entries(counts)) {
    const place = found(`[data-stat="${name}"]`);
    place.dataset.value = String(value);
    place.textContent = exact(value);
  }
  table.show(series, last);
  for (const chart of [...cards, chosen]) chart?.draw();
}

onTheme(() => {
  for (const chart of [...cards, chosen]) chart?.recolour();
});
document.addEventListener('visibilitychange', draw);
stream.open(keptToken());
