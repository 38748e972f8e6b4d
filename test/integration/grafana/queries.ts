/**
 * The PromQL of dashboards: expressions over the series that are chosen at the top.
 */
import type { Query } from './specs.js';

export class Queries {
  /**
   * @param prefix of all metrics' names.
   * @param chosen the matchers of the variables. `.*`, for "All", also matches series without the label.
   */
  constructor(
    private readonly prefix: string,
    private readonly chosen: string,
  ) {}

  /**
   * Series of a metric, named without its prefix.
   *
   * @param more further matchers.
   */
  series(metric: string, more = ''): string {
    return `${this.prefix}${metric}{${this.chosen}${more === '' ? '' : `,${more}`}}`;
  }

  /** How fast a counter grows, a second; the sum over all other labels. */
  rate(metric: string, by: string, more = ''): string {
    return `sum by (${by}) (rate(${this.series(metric, more)}[$__rate_interval]))`;
  }

  /**
   * The share of a counter's growth that has further labels, and 0 where none has.
   *
   * @param of those it is a share of.
   */
  share(metric: string, by: string, more: string, of = ''): string {
    const whole = this.rate(metric, by, of);
    return `(${this.rate(metric, by, more)} or 0 * ${whole}) / ${whole}`;
  }

  /** One quantile of a histogram for each value of the labels `by`. */
  quantile(percent: number, histogram: string, by: readonly string[] = []): string {
    return quantile(percent, this.series(`${histogram}_bucket`), by);
  }

  /** p50, p95 and p99 of a histogram, one curve for each value of the labels `by`. */
  quantiles(histogram: string, by: readonly string[] = []): Query[] {
    return quantiles(this.series(`${histogram}_bucket`), by);
  }
}

/**
 * p50, p95 and p99, one curve for each value of the labels `by`.
 *
 * @param buckets the series of a histogram.
 */
export function quantiles(buckets: string, by: readonly string[] = []): Query[] {
  const legend = by.map((label) => ` {{${label}}}`).join('');
  return [50, 95, 99].map((percent) => ({
    expr: quantile(percent, buckets, by),
    legend: `p${percent}${legend}`,
  }));
}

function quantile(percent: number, buckets: string, by: readonly string[]): string {
  const growth = `sum by (${['le', ...by].join(', ')}) (rate(${buckets}[$__rate_interval]))`;
  return `histogram_quantile(${percent / 100}, ${growth})`;
}
