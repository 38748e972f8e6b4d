/**
 * Plots of the simulation: throughput, lag, and recovery by the number of workers, a line for each number of streams.
 */
import { type Panel, picture, type Tick } from '../harness/report/panels.js';
import type { Point } from './scenes.js';

/** A sink, and its lines by the number of streams. */
export interface Swept {
  readonly sink: string;
  readonly lines: readonly { readonly streams: number; readonly points: readonly Point[] }[];
}

const colors = ['#2563eb', '#ea580c', '#16a34a'] as const;
const mostWorkers = 1000;

const axis: readonly Tick[] = [1, 10, 100, 1000].map((n) => [
  Math.log(n) / Math.log(mostWorkers),
  n === 1 ? '1 worker' : `${n}`,
]);

/** A logarithmic scale of values, with a line at each power of ten. */
function levels(from: number, to: number, text: (value: number) => string) {
  const share = (value: number) => Math.log(value / from) / Math.log(to / from);
  const ticks: Tick[] = [];
  for (let value = from; value <= to; value *= 10) ticks.push([share(value), text(value)]);
  return { ticks, place: (value: number) => Math.min(1, Math.max(0, share(value))) };
}

function panel(
  { sink, lines }: Swept,
  note: string,
  scale: ReturnType<typeof levels>,
  shown: (point: Point) => number,
): Panel {
  return {
    ...{ title: sink, note, axis, levels: scale.ticks },
    lines: lines.map(({ points }, i) => ({
      color: colors[i] as string,
      points: points
        .filter((point) => Number.isFinite(shown(point)))
        .map(
          (point) => [Math.log(point.workers) / Math.log(mostWorkers), scale.place(shown(point))] as const,
        ),
    })),
  };
}

const rates = levels(1e4, 1e8, (value) => (value >= 1e6 ? `${value / 1e6} M` : `${value / 1e3} k`));
const lags = levels(0.001, 10, (value) => (value >= 1 ? `${value} s` : `${value * 1000} ms`));
const pauses = levels(1000, 1e5, (value) => `${value / 1000} s`);

/** A row for each sink. */
export function plot(title: string, swept: readonly Swept[]): string {
  const counts = swept[0]?.lines.map(({ streams }) => streams) ?? [];
  const legend = counts.map((streams, i) => ({
    color: colors[i] as string,
    name: streams === 1 ? '1 stream' : `${streams} streams`,
  }));
  return picture(
    title,
    legend,
    swept.flatMap((each) => [
      panel(each, 'events a second', rates, ({ eventsPerSecond }) => eventsPerSecond),
      panel(each, 'lag at 70 % of that', lags, ({ lagSeconds }) => lagSeconds),
      panel(each, "recovery from a leader's death at 70 %", pauses, ({ afterLeaderMs }) => afterLeaderMs),
    ]),
  );
}
