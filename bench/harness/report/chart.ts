/**
 * One figure of several ways as SVG, for the picture of the README: a bar for each median, and a line for the range of
 * the repeats. Where the largest bar would hide the others, points on a logarithmic axis stand in place of bars.
 */
import { escaped } from './escaped.js';
import { shown } from './figures.js';
import type { Result } from './report.js';
import { scaleOf } from './scale.js';

/** Style of charts, in the reader's choice of light or dark. */
const chartStyle = `
.chart { --ink: #1f2328; --soft: #59636e; --line: #d1d9e0; --bar: #9aa4af; --own: #0969da; --paper: #ffffff; }
@media (prefers-color-scheme: dark) {
  .chart { --ink: #e6edf3; --soft: #9198a1; --line: #3d444d; --bar: #656c76; --own: #4493f8; --paper: #0d1117; }
}
.chart text { font: 13px system-ui, sans-serif; fill: var(--ink); }
.chart .title { font-weight: 600; font-size: 15px; }
.chart .soft { fill: var(--soft); font-size: 12px; }
.chart .paper { fill: var(--paper); }
.chart .grid { stroke: var(--line); }
.chart .bar { fill: var(--bar); }
.chart .own { fill: var(--own); }
.chart .range { stroke: var(--ink); stroke-width: 1.5; }
`;

const width = 860;
const labelWidth = 270;
const valueWidth = 110;
const plotWidth = width - labelWidth - valueWidth;
const rowHeight = 26;
const top = 48;

/** A chart and its height. */
export interface Chart {
  /** An `<g>`: `svgOf` makes images of charts. */
  readonly body: string;
  readonly height: number;
}

/**
 * The chart of one figure.
 *
 * @returns undefined when no result has the figure.
 */
export function chart(name: string, results: readonly Result[], group: string): Chart | undefined {
  const rows = results.flatMap(({ label, own, figures }) => {
    const figure = figures[name];
    return figure === undefined ? [] : [{ label, own, figure }];
  });
  if (rows.length === 0) return undefined;
  const { title, better, format } = shown(name);
  const scale = scaleOf(rows.map(({ figure }) => figure));
  const place = (value: number) => labelWidth + plotWidth * scale.share(value);
  const height = top + rows.length * rowHeight + 12;
  const lines = scale.ticks.map((tick) => {
    const x = place(tick);
    return (
      `<line class="grid" x1="${x}" x2="${x}" y1="${top - 4}" y2="${height - 10}"/>` +
      `<text class="soft" x="${x}" y="${top - 8}" text-anchor="middle">${escaped(format(tick))}</text>`
    );
  });
  const marks = rows.map(({ label, own, figure }, i) => {
    const y = top + i * rowHeight + rowHeight / 2;
    const x = place(figure.median);
    const kind = own ? 'bar own' : 'bar';
    const length = Math.max(1, x - labelWidth);
    const mark = scale.logarithmic
      ? `<circle class="${kind}" cx="${x}" cy="${y}" r="6"/>`
      : `<rect class="${kind}" x="${labelWidth}" y="${y - 8}" width="${length}" height="16"/>`;
    return (
      `<text x="${labelWidth - 10}" y="${y + 4}" text-anchor="end">${escaped(label)}</text>${mark}` +
      `<line class="range" x1="${place(figure.min)}" x2="${place(figure.max)}" y1="${y}" y2="${y}"/>` +
      `<text x="${width - 6}" y="${y + 4}" text-anchor="end">${escaped(format(figure.median))}</text>`
    );
  });
  const note = `${group}; ${better} is better${scale.logarithmic ? '; logarithmic' : ''}`;
  const heading =
    `<text class="title" x="0" y="16">${escaped(title)}</text>` +
    `<text class="soft" x="${width - 6}" y="16" text-anchor="end">${escaped(note)}</text>`;
  return { body: heading + lines.join('') + marks.join(''), height };
}

/** Charts one below the other as one image, with its own style and background. */
export function svgOf(charts: readonly Chart[]): string {
  const gap = 18;
  let y = 0;
  const groups = charts.map(({ body, height }) => {
    const group = `<g transform="translate(0 ${y})">${body}</g>`;
    y += height + gap;
    return group;
  });
  const box = `-16 -16 ${width + 32} ${y - gap + 32}`;
  return (
    `<svg xmlns="http://www.w3.org/2000/svg" class="chart" viewBox="${box}" role="img">` +
    `<style>${chartStyle}</style><rect class="paper" x="-16" y="-16" width="100%" height="100%"/>` +
    `${groups.join('')}</svg>\n`
  );
}
