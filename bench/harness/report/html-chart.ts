/**
 * One figure of several ways as HTML: the chart of `chart.ts` that fits any width, and whose text keeps its size. On a
 * narrow page the names of ways lie above their bars.
 */
import { escaped } from './escaped.js';
import { shown } from './figures.js';
import type { Result } from './report.js';
import { scaleOf } from './scale.js';

export const htmlChartStyle = `
.chart { margin: 1.5rem 0; font-size: 14px; line-height: 1.3; }
.chart figcaption { margin-bottom: 0.4rem; }
.chart figcaption b { margin-right: 0.6rem; font-size: 16px; }
.chart ul { margin: 0; padding: 0; list-style: none; }
.ticks, .ways li { display: grid; grid-template-columns: 17rem minmax(0, 1fr) 5.5rem; column-gap: 0.7rem; }
.ticks { height: 1.2rem; color: var(--soft); font-size: 12px; }
.ticks div, .track { position: relative; grid-column: 2; }
.ticks span { position: absolute; translate: -50% 0; white-space: nowrap; }
.ticks span:first-child { translate: 0 0; }
.ticks span:last-child { translate: -100% 0; }
.ways li { align-items: center; }
.way, .number { text-align: right; }
.own .way, .own .number { font-weight: 600; }
.track {
  height: 26px;
  background: linear-gradient(90deg, var(--line) 1px, transparent 1px) 0 0 / calc((100% - 1px) / var(--steps)) 100%;
}
.track i { position: absolute; top: 50%; translate: 0 -50%; }
.bar { left: 0; min-width: 1px; height: 16px; background: var(--bar); }
.dot { width: 12px; height: 12px; margin-left: -6px; border-radius: 50%; background: var(--bar); }
.own .bar, .own .dot { background: var(--own); }
.range { height: 2px; min-width: 1px; background: currentcolor; }
@media (max-width: 44rem) {
  .ticks, .ways li { grid-template-columns: minmax(0, 1fr) 5.5rem; }
  .ticks div { grid-column: 1; }
  .ticks span:last-child { translate: -50% 0; }
  .ticks:has(:nth-child(5)) :nth-child(even) { display: none; }
  .ways li { margin-top: 0.4rem; }
  .way { grid-column: span 2; text-align: left; }
  .track { grid-column: 1; height: 20px; }
}
`;

/**
 * The chart of one figure.
 *
 * @returns an empty text when no result has the figure.
 */
export function htmlChart(name: string, results: readonly Result[]): string {
  const rows = results.flatMap(({ label, own, figures }) => {
    const figure = figures[name];
    return figure === undefined ? [] : [{ label, own, figure }];
  });
  if (rows.length === 0) return '';
  const { title, better, format } = shown(name);
  const { ticks, logarithmic, share } = scaleOf(rows.map(({ figure }) => figure));
  const percent = (value: number) => `${(100 * value).toFixed(2)}%`;
  const labels = ticks.map(
    (tick) => `<span style="left:${percent(share(tick))}">${escaped(format(tick))}</span>`,
  );
  const ways = rows.map(({ label, own, figure }) => {
    const median = percent(share(figure.median));
    const mark = logarithmic
      ? `<i class="dot" style="left:${median}"></i>`
      : `<i class="bar" style="width:${median}"></i>`;
    const [from, to] = [share(figure.min), share(figure.max)];
    const range = `<i class="range" style="left:${percent(from)};width:${percent(to - from)}"></i>`;
    return (
      `<li${own ? ' class="own"' : ''}><span class="way">${escaped(label)}</span>` +
      `<span class="track">${mark}${range}</span> <span class="number">${escaped(format(figure.median))}</span></li>`
    );
  });
  const note = `${better} is better${logarithmic ? '; logarithmic axis' : ''}`;
  return `<figure class="chart" style="--steps:${ticks.length - 1}">
<figcaption><b>${escaped(title)}</b> <small>${note}</small></figcaption>
<div class="ticks" aria-hidden="true"><div>${labels.join('')}</div></div>
<ul class="ways">
${ways.join('\n')}
</ul>
</figure>`;
}
