/**
 * A picture of small plots as SVG, three a row: each has lines over one axis, and what its axes say.
 */
import { escaped } from './escaped.js';

/** A line, in shares of the panel's width and height, from its lower left corner. */
export interface Line {
  readonly color: string;
  readonly points: readonly (readonly [x: number, y: number])[];
}

/** A place on an axis, as a share of its length, and its text. */
export type Tick = readonly [at: number, text: string];

export interface Panel {
  readonly title: string;
  /** A line of text below the title. */
  readonly note: string;
  /** Below the panel. */
  readonly axis: readonly Tick[];
  /** Beside the panel, each with a line across it. */
  readonly levels?: readonly Tick[];
  readonly lines: readonly Line[];
}

/** A colour, and what it stands for. */
export interface Meaning {
  readonly color: string;
  readonly name: string;
}

const width = 300;
const height = 120;
const gap = 46;
const columns = 3;
/** Of a letter of the legend, on average. */
const letterWidth = 6.4;

/** A picture of all panels. */
export function picture(title: string, legend: readonly Meaning[], panels: readonly Panel[]): string {
  const rows = Math.ceil(panels.length / columns);
  const whole = { width: columns * (width + gap) + gap, height: 70 + rows * (height + 2 * gap) };
  const drawn = panels.map((panel, i) => {
    const x = gap + (i % columns) * (width + gap);
    const y = 100 + Math.floor(i / columns) * (height + 2 * gap);
    return `<g transform="translate(${x},${y})">${drawPanel(panel)}</g>`;
  });
  const box = `viewBox="0 0 ${whole.width} ${whole.height}"`;
  return `<svg xmlns="http://www.w3.org/2000/svg" ${box} font-family="sans-serif" font-size="11">
<title>${escaped(title)}</title>
<rect width="100%" height="100%" fill="white"/>
<text x="${gap}" y="26" font-size="15">${escaped(title)}</text>
${drawLegend(legend).join('\n')}
${drawn.join('\n')}
</svg>
`;
}

function drawLegend(legend: readonly Meaning[]): string[] {
  let x = gap;
  return legend.map(({ color, name }) => {
    const text = `<text x="${x}" y="46" fill="${color}">${escaped(name)}</text>`;
    x += Math.round(letterWidth * (name.length + 3));
    return text;
  });
}

function drawPanel({ title, note, axis, levels = [], lines }: Panel): string {
  const texts = axis.map(([at, text]) => {
    const anchor = at === 0 ? 'start' : at === 1 ? 'end' : 'middle';
    const x = (at * width).toFixed(1);
    return `<text x="${x}" y="${height + 14}" text-anchor="${anchor}" fill="#475569">${escaped(text)}</text>`;
  });
  const grid = levels.map(([at, text]) => {
    const y = (height - at * height).toFixed(1);
    return (
      `<line x2="${width}" y1="${y}" y2="${y}" stroke="#e2e8f0"/>` +
      `<text x="-4" y="${y}" dy="4" text-anchor="end" font-size="9" fill="#475569">${escaped(text)}</text>`
    );
  });
  return `${grid.join('')}<rect width="${width}" height="${height}" fill="none" stroke="#cbd5e1"/>
<text y="-20" font-size="12">${escaped(title)}</text><text y="-6" fill="#475569">${escaped(note)}</text>
${texts.join('')}
${lines.map(drawLine).join('')}`;
}

function drawLine({ color, points }: Line): string {
  const places = points.map(([x, y]) => `${(x * width).toFixed(1)},${(height - y * height).toFixed(1)}`);
  return `<polyline fill="none" stroke="${color}" stroke-width="1.5" points="${places.join(' ')}"/>`;
}
