/**
 * Plots of how settings moved: for each run a panel of the batch size, the interval and the throughput.
 */
import { type Panel, picture } from '../harness/report/panels.js';
import type { Step } from './simulation.js';

/** What a panel shows. */
export interface Shown {
  readonly title: string;
  /** What it came to beside the best fixed settings. */
  readonly note: string;
  readonly steps: readonly Step[];
  readonly maxFlushSize: number;
  readonly maxFlushIntervalMs: number;
  readonly seconds: number;
}

const colors = { flushSize: '#2563eb', flushIntervalMs: '#ea580c', rowsPerSecond: '#94a3b8' } as const;

/** A picture of all runs. */
export function plot(title: string, runs: readonly Shown[]): string {
  const legend = [
    { color: colors.flushSize, name: 'flushSize' },
    { color: colors.flushIntervalMs, name: 'flushIntervalMs' },
    { color: colors.rowsPerSecond, name: 'rows a second' },
  ];
  return picture(title, legend, runs.map(panelOf));
}

function panelOf({ title, note, steps, maxFlushSize, maxFlushIntervalMs, seconds }: Shown): Panel {
  const most = Math.max(...steps.map(({ rowsPerSecond }) => rowsPerSecond), 1);
  const line = (name: keyof typeof colors, top: number) => ({
    color: colors[name],
    points: steps.map((step) => [step.atMs / 1000 / seconds, step[name] / top] as const),
  });
  const tops = `up to ${maxFlushSize} rows, ${maxFlushIntervalMs} ms, ${short(most)}/s`;
  return {
    ...{ title, note },
    axis: [
      [0, '0 s'],
      [0.5, tops],
      [1, `${seconds} s`],
    ],
    lines: [
      line('rowsPerSecond', most),
      line('flushSize', maxFlushSize),
      line('flushIntervalMs', maxFlushIntervalMs),
    ],
  };
}

function short(value: number): string {
  return value >= 1000 ? `${Math.round(value / 1000)}k` : String(Math.round(value));
}
