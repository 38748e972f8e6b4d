/**
 * Plots of how settings moved, as SVG: for each run a panel of the batch size, the interval and the throughput.
 */
import type { Step } from './simulation.js';

export interface Panel {
  readonly title: string;
  /** What it came to beside the best fixed settings. */
  readonly note: string;
  readonly steps: readonly Step[];
  readonly maxFlushSize: number;
  readonly maxFlushIntervalMs: number;
  readonly seconds: number;
}

const width = 300;
const height = 120;
const gap = 46;
const columns = 3;
const colors = { flushSize: '#2563eb', flushIntervalMs: '#ea580c', rowsPerSecond: '#94a3b8' } as const;

/** A picture of all panels, three a row. */
export function plot(title: string, panels: readonly Panel[]): string {
  const rows = Math.ceil(panels.length / columns);
  const whole = { width: columns * (width + gap) + gap, height: 70 + rows * (height + 2 * gap) };
  const drawn = panels.map((panel, i) => {
    const x = gap + (i % columns) * (width + gap);
    const y = 100 + Math.floor(i / columns) * (height + 2 * gap);
    return `<g transform="translate(${x},${y})">${drawPanel(panel)}</g>`;
  });
  const box = `viewBox="0 0 ${whole.width} ${whole.height}"`;
  return `<svg xmlns="http://www.w3.org/2000/svg" ${box} font-family="sans-serif" font-size="11">
<title>${title}</title>
<rect width="100%" height="100%" fill="white"/>
<text x="${gap}" y="26" font-size="15">${title}</text>
<text x="${gap}" y="46" fill="${colors.flushSize}">flushSize</text>
<text x="${gap + 70}" y="46" fill="${colors.flushIntervalMs}">flushIntervalMs</text>
<text x="${gap + 170}" y="46" fill="${colors.rowsPerSecond}">rows a second</text>
${drawn.join('\n')}
</svg>
`;
}

function drawPanel({ title, note, steps, maxFlushSize, maxFlushIntervalMs, seconds }: Panel): string {
  const most = Math.max(...steps.map(({ rowsPerSecond }) => rowsPerSecond), 1);
  const line = (name: keyof typeof colors, top: number) => {
    const points = steps.map((step) => {
      const x = (step.atMs / 1000 / seconds) * width;
      return `${x.toFixed(1)},${(height - (step[name] / top) * height).toFixed(1)}`;
    });
    return `<polyline fill="none" stroke="${colors[name]}" stroke-width="1.5" points="${points.join(' ')}"/>`;
  };
  const tops = `up to ${maxFlushSize} rows, ${maxFlushIntervalMs} ms, ${short(most)}/s`;
  return `<rect width="${width}" height="${height}" fill="none" stroke="#cbd5e1"/>
<text y="-20" font-size="12">${title}</text><text y="-6" fill="#475569">${note}</text>
<text y="${height + 14}">0 s</text><text x="${width}" y="${height + 14}" text-anchor="end">${seconds} s</text>
<text x="${width / 2}" y="${height + 14}" text-anchor="middle" fill="#475569">${tops}</text>
${line('rowsPerSecond', most)}${line('flushSize', maxFlushSize)}${line('flushIntervalMs', maxFlushIntervalMs)}`;
}

function short(value: number): string {
  return value >= 1000 ? `${Math.round(value / 1000)}k` : String(Math.round(value));
}
