/**
 * The axes of a chart: clock times below, values in their unit at the left, both as many as there is room for.
 */
import type uPlot from 'uplot';
import { colour } from './theme.js';
import { clock, short, type Unit } from './units.js';

const font = '12px system-ui, -apple-system, "Segoe UI", Roboto, sans-serif';
const lines = { stroke: () => colour('line'), width: 1 };

/** Seconds from one label of the time axis to the next. */
const steps = [5, 10, 15, 30, 60, 120, 300];
const minute = 60;
/** Pixels of a label and of the least gap beside it: 14:03 and 14:03:30. */
const minutesWidth = 42;
const secondsWidth = 60;
/** Labels in a row have this much more room than two alone. */
const looser = 1.3;
/** A label in the middle of its time is cut off when it is nearer than this to the right edge of the plot. */
const edge = 20;

/** There are no halves of rows and blocks. */
const wholes = [0, 1, 2, 3, 4, 5, 6, 7, 8].flatMap((power) => [1, 2, 5].map((digit) => digit * 10 ** power));

export function timeAxis(): uPlot.Axis {
  return {
    stroke: () => colour('muted'),
    font,
    size: 26,
    gap: 4,
    // `splits` chooses; these let the axis be drawn at any width.
    incrs: steps,
    space: 1,
    splits: (plot, _, from, to) => times(from, to, plot.bbox.width / devicePixelRatio),
    grid: { show: false },
    ticks: { ...lines, size: 4 },
    values: (_, splits) => {
      const characters = splits.every((seconds) => seconds % minute === 0) ? 5 : 8;
      return splits.map((seconds) => clock(seconds * 1000).slice(0, characters));
    },
  };
}

export function valueAxis(unit: Unit, small: boolean, logarithmic: boolean): uPlot.Axis {
  return {
    stroke: () => colour('muted'),
    font,
    size: unit === 'seconds' ? 52 : 44,
    gap: 4,
    space: small ? 26 : 32,
    ...(unit === 'count' && { incrs: wholes }),
    ...(logarithmic && {
      splits: powersOfTen,
      filter: (_, splits) => splits,
      label: 'log scale',
      labelFont: font,
      labelSize: 14,
    }),
    grid: lines,
    ticks: { show: false },
    // The figures above say what is a rate.
    values: (_, splits) => splits.map((value) => short(value, unit === 'rate' ? 'count' : unit)),
  };
}

/**
 * @param width of the plot, in pixels.
 * @returns round times at one distance; where only one fits so, the first and the last round time.
 */
function times(from: number, to: number, width: number): number[] {
  const perPixel = (to - from) / width;
  const last = to - edge * perPixel;
  const room = (step: number) => (step % minute === 0 ? minutesWidth : secondsWidth) * perPixel;
  const finest = steps.find((step) => step >= room(step) * looser);
  const even = finest === undefined ? [] : multiples(finest, from, last);
  if (even.length > 1) return even;
  for (const step of steps.toReversed()) {
    const [first, ...others] = multiples(step, from, last);
    const other = others.at(-1);
    if (first !== undefined && other !== undefined && other - first >= room(step)) return [first, other];
  }
  return even;
}

/** All multiples of a step from one time to another. */
function multiples(step: number, from: number, to: number): number[] {
  const first = Math.ceil(from / step);
  const count = Math.max(0, Math.floor(to / step) - first + 1);
  return Array.from({ length: count }, (_, i) => (first + i) * step);
}

function powersOfTen(_: uPlot, __: number, min: number, max: number): number[] {
  const powers = [-4, -3, -2, -1, 0, 1, 2].map((power) => 10 ** power);
  return powers.filter((value) => value >= min && value <= max);
}
