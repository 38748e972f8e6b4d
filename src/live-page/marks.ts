/**
 * How the lines of a chart are told apart without their colours: filled, in steps, or each with a pattern of its own.
 */
import uPlot from 'uplot';
import type { Line } from './charts.js';
import { colour, veil } from './theme.js';

/** Lengths of dashes and gaps, in pixels. A legend shows the same patterns, by its style sheet. */
const patterns = {
  solid: [],
  dashed: [6, 4],
  dotted: [2, 3],
  'dash-dot': [7, 3, 2, 3],
  'long-dash': [12, 4],
} as const;
type Pattern = keyof typeof patterns;

export type Mark = NonNullable<Line['draw']> | Pattern;

/** @returns a mark for each line of a chart: how the line says that it is drawn, or else the next pattern. */
export function marksOf(lines: readonly Pick<Line, 'draw'>[]): Mark[] {
  const left = Object.keys(patterns) as Pattern[];
  return lines.map(({ draw }) => draw ?? left.shift() ?? 'solid');
}

export function seriesOf(
  { colour: name, scale = 'y' }: Pick<Line, 'colour' | 'scale'>,
  mark: Mark,
): uPlot.Series {
  const dash = mark in patterns ? patterns[mark as Pattern] : [];
  return {
    scale,
    stroke: () => colour(name),
    width: mark === 'steps' ? 0 : 1.5,
    // A canvas counts in pixels of the screen.
    dash: dash.map((length) => length * devicePixelRatio),
    ...((mark === 'area' || mark === 'steps') && { fill: () => veil(name, mark === 'steps' ? 0.25 : 0.14) }),
    ...(mark === 'steps' && { paths: uPlot.paths.stepped?.({ align: -1 }) as uPlot.Series.PathBuilder }),
    points: { show: false, size: 4, filter: lonely },
  };
}

/** A value between two gaps is no line; it gets a point. */
function lonely(plot: uPlot, index: number): number[] {
  const values = plot.data[index] as (number | null)[];
  return values.flatMap((value, i) =>
    value !== null && (values[i - 1] ?? null) === null && (values[i + 1] ?? null) === null ? [i] : [],
  );
}
