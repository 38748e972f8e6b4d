/**
 * Where the figures of a chart lie between its edges: from zero on, or on a logarithmic axis where the largest would
 * leave nothing to see of the others.
 */
import type { Repeated } from './statistics.js';

/** Largest ratio of two medians for which bars are drawn. */
const mostOnBars = 20;

export interface Scale {
  readonly logarithmic: boolean;
  /** At equal distances from one edge to the other. */
  readonly ticks: readonly number[];
  /** From 0 to 1. */
  share(value: number): number;
}

export function scaleOf(figures: readonly Repeated[]): Scale {
  const most = Math.max(...figures.map(({ max }) => max));
  const medians = figures.map(({ median }) => median);
  const least = Math.min(...medians);
  if (least > 0 && Math.max(...medians) / least > mostOnBars) {
    const low = Math.floor(Math.log10(Math.min(...figures.map(({ min }) => (min > 0 ? min : least)))));
    const high = Math.max(low + 1, Math.ceil(Math.log10(most)));
    return {
      logarithmic: true,
      ticks: Array.from({ length: high - low + 1 }, (_, i) => 10 ** (low + i)),
      share: (value) => (value > 0 ? within((Math.log10(value) - low) / (high - low)) : 0),
    };
  }
  const step = niceStep(most / 4);
  const end = Math.max(step, Math.ceil(most / step) * step);
  return {
    logarithmic: false,
    ticks: Array.from({ length: Math.round(end / step) + 1 }, (_, i) => i * step),
    share: (value) => within(value / end),
  };
}

const within = (share: number) => Math.min(1, Math.max(0, share));

/** 1, 2 or 5 times a power of ten, at least `least`. */
function niceStep(least: number): number {
  if (!(least > 0)) return 1;
  const power = 10 ** Math.floor(Math.log10(least));
  return ([1, 2, 5, 10].find((factor) => factor * power >= least) as number) * power;
}
