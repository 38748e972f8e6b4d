/**
 * A sink's own Prometheus registry, in the flusher's thread: what `ctx.metrics` gives.
 *
 * Each sink that opens has its own, so that a sink and the sink of its dead letters may be the same module, and a sink
 * that did not open can be opened again.
 */
import type { Registry } from 'prom-client';
import { promClient } from '../../metrics/read/prom-client.js';
import type { SinkMetric, SinkValue } from '../../metrics/read/sink-metrics.js';

export class SinkRegistry {
  #registry: Registry | undefined;
  /** Called when the sink says that its metrics have changed without a write. */
  onChange: () => void = () => {};

  /** Made, and prom-client loaded, when it is first asked for. */
  get registry(): Registry {
    this.#registry ??= new (promClient().Registry)();
    return this.#registry;
  }

  /** The context with `metrics`, read as late as the sink asks for it, and `metricsChanged`. */
  addTo<C extends object>(
    context: C,
  ): C & { readonly metrics: Registry; readonly metricsChanged: () => void } {
    const whole = { ...context, metricsChanged: () => this.onChange() };
    return Object.defineProperty(whole, 'metrics', {
      get: () => this.registry,
      // A sink around another hands its context on.
      enumerable: true,
    }) as never;
  }

  /** Whether the sink has asked for it. */
  get used(): boolean {
    return this.#registry !== undefined;
  }

  /**
   * What the sink has registered, fit to be posted.
   * @throws what a metric's `collect` throws; Error for what is no metric.
   */
  async read(): Promise<SinkMetric[]> {
    return ((await this.#registry?.getMetricsAsJSON()) ?? []).map(plain);
  }
}

const types: readonly unknown[] = ['counter', 'gauge', 'histogram', 'summary'];
const aggregators: readonly unknown[] = ['sum', 'first', 'min', 'max', 'average', 'omit'];

/** Anything can be registered; what makes no sense must not get as far as a scrape. */
function plain(metric: unknown): SinkMetric {
  const { name, help, type, aggregator, values } = metric as SinkMetric;
  const sound =
    typeof name === 'string' && typeof help === 'string' && types.includes(type) && Array.isArray(values);
  if (!sound) throw new Error(`${JSON.stringify(name)} is not a metric of prom-client`);
  if (!aggregators.includes(aggregator))
    throw new Error(`the metric ${name} has no aggregator of prom-client: ${JSON.stringify(aggregator)}`);
  return { name, help, type, aggregator, values: values.map((value) => plainValue(name, value)) };
}

function plainValue(name: string, { labels, value, metricName }: SinkValue): SinkValue {
  if (typeof value !== 'number') throw new Error(`the metric ${name} has a value that is no number`);
  const texts = Object.entries(labels).map(([label, text]) => [
    label,
    typeof text === 'number' ? text : String(text),
  ]);
  return { labels: Object.fromEntries(texts), value, ...(metricName !== undefined && { metricName }) };
}
