/**
 * The live page: what the service sends goes into the series, and from there into charts, lanes and figures.
 */
import { Chart } from './chart.js';
import { charts, laneChart } from './charts.js';
import { found } from './element.js';
import { showLatest, showStart, showState, showTime } from './head.js';
import { Series } from './series.js';
import { Stream } from './stream.js';
import { onTheme } from './theme.js';
import { keptToken, tokenForm } from './token-form.js';
import { showTotals } from './totals.js';
import type { Samples, Start } from './wire.js';

const series = new Series();
const cards = charts.map((definition) => new Chart(definition, series, showTime));
found('#charts').append(...cards.map(({ card }) => card));
const lanes: Chart[] = [];
let started: Start | undefined;

const form = tokenForm((token) => stream.open(token));
const stream = new Stream<Start, Samples>(new URL('live/stream', document.baseURI), {
  start(start) {
    started = start;
    form.hide();
    series.begin(start);
    showStart(start);
  },
  samples({ totals, samples }: Samples) {
    series.add(samples);
    showTotals(totals);
    draw();
  },
  state: showState,
  tokenWanted: (refused) => form.ask(refused),
});

function draw(): void {
  const { last } = series;
  if (last === undefined || started === undefined || document.hidden) return;
  showLatest(started, last);
  showLanes(last.lanes.length);
  for (const chart of [...cards, ...lanes]) chart.draw();
}

/** One for each flusher; another run may have more or fewer. */
function showLanes(count: number): void {
  for (const lane of lanes.splice(count)) lane.remove();
  while (lanes.length < count) {
    const lane = new Chart(laneChart(lanes.length), series, showTime);
    lanes.push(lane);
    found('#lanes').append(lane.card);
  }
}

onTheme(() => {
  for (const chart of [...cards, ...lanes]) chart.recolour();
});
document.addEventListener('visibilitychange', draw);
stream.open(keptToken());
