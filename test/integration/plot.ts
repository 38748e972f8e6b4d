/** A plot of curves over time, as SVG: no script, nothing to load. */
import type { Plot } from './report.js';

const width = 420;
const height = 150;
const left = 58;
const bottom = 18;
const colours = ['#3b6fb6', '#d1742f', '#3f9150', '#8a5bb0', '#b33a3a', '#666666'];

export function escapeHtml(text: string): string {
  return text.replace(/[&<>"]/g, (character) => `&#${character.charCodeAt(0)};`);
}

/** A number of any size in few characters. */
export function short(value: number): string {
  const digits = Math.abs(value) >= 100 ? 0 : Math.abs(value) >= 1 ? 1 : 3;
  return value.toLocaleString('en', { maximumFractionDigits: digits });
}

/** From 0 to the highest value, from the first time to the last. Curves that never leave 0 are only named. */
export function plotSvg({ title, unit, curves }: Plot): string {
  const points = curves.flatMap((curve) => curve.points);
  const times = points.map(([time]) => time);
  const [first, last] = [Math.min(...times), Math.max(...times)];
  const top = Math.max(...points.map(([, value]) => value), 1e-9);
  const x = (time: number) => left + ((time - first) / Math.max(last - first, 1)) * (width - left - 8);
  const y = (value: number) => height - bottom - (value / top) * (height - bottom - 8);
  const lines = curves.map((curve, i) => {
    const path = curve.points
      .map(([time, value]) => `${x(time).toFixed(1)},${y(value).toFixed(1)}`)
      .join(' ');
    return `<polyline points="${path}" fill="none" stroke="${colours[i % colours.length]}" stroke-width="1.5"/>`;
  });
  const legend = curves.map(
    ({ name }, i) => `<span style="color:${colours[i % colours.length]}">■ ${escapeHtml(name)}</span>`,
  );
  const mark = (value: number) =>
    `<line x1="${left}" x2="${width}" y1="${y(value)}" y2="${y(value)}" stroke="#ddd"/>` +
    `<text x="${left - 4}" y="${y(value) + 4}" text-anchor="end">${short(value)}</text>`;
  const axis = points.length === 0 ? '' : [0, top / 2, top].map(mark).join('');
  const seconds = points.length === 0 ? 'nothing was measured' : `${short(last - first)} s`;
  return `<figure><figcaption>${escapeHtml(title)} <small>${escapeHtml(unit)}</small></figcaption>
<svg viewBox="0 0 ${width} ${height}" role="img" aria-label="${escapeHtml(title)}">${axis}${lines.join('')}
<text x="${width - 8}" y="${height - 4}" text-anchor="end">${seconds}</text></svg>
<div class="legend">${legend.join(' ')}</div></figure>`;
}
