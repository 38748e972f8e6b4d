/**
 * The PromQL of the dashboard: expressions over the metrics of the flows and tests that are chosen at its top.
 */

export interface Query {
  readonly expr: string;
  readonly legend: string;
}

/** `.*` for "All" also matches series without a `test_name`. */
const chosen = 'flow=~"$flow",test_name=~"$test_name"';

/** Series of a metric, named without its prefix. @param more further matchers. */
export function series(metric: string, more = ''): string {
  return `batchflow_${metric}{${chosen}${more === '' ? '' : `,${more}`}}`;
}

/** How fast a counter grows, a second; the sum over all other labels. */
export function rate(metric: string, by: string, more = ''): string {
  return `sum by (${by}) (rate(${series(metric, more)}[$__rate_interval]))`;
}

/** p50, p95 and p99 of a histogram, one curve for each value of the labels `by`. */
export function quantiles(histogram: string, by: readonly string[] = []): Query[] {
  const labels = ['le', ...by].join(', ');
  const legend = by.map((label) => ` {{${label}}}`).join('');
  return [50, 95, 99].map((percent) => ({
    expr: `histogram_quantile(${percent / 100}, ${rate(`${histogram}_bucket`, labels)})`,
    legend: `p${percent}${legend}`,
  }));
}
