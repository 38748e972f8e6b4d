/**
 * Metrics that sinks have registered, in a Prometheus registry: under their own names, as soon as a snapshot has them,
 * until the last flow that has them leaves.
 *
 * A registry lists its metrics before it asks any of them for its values, so they are registered when they arrive.
 */

import { visible } from '../../describe.js';
import { aggregated, type SinkMetric, type SinkValue } from '../read/sink-metrics.js';
import type { Labels, Reading } from './family.js';
import type { Measured } from './prometheus.js';
import type { PrometheusRegistry } from './prometheus-options.js';

/** A flow as it was put into a registry. */
export interface SinkMember {
  readonly flow: Measured;
  readonly labels: Labels;
  readonly perWorker: boolean;
  /** What this scrape shows of it. */
  read(): Pick<Reading, 'sink'>;
}

/** The sink metrics of one registry, whatever prefixes its flows have. */
class SinkFamilies {
  readonly #families = new Map<string, SinkFamily>();
  readonly #members = new Set<SinkMember>();
  /** Names of others that were warned of. */
  readonly #taken = new Set<string>();

  constructor(private readonly registry: PrometheusRegistry) {}

  join(member: SinkMember): void {
    this.#members.add(member);
    this.look(member);
  }

  /** Register what a member has and nobody had before. */
  look(member: SinkMember): void {
    if (!this.#members.has(member)) return;
    const taken = new Set<string>();
    for (const metric of metricsOf(member)) {
      const family = this.#families.get(metric.name);
      if (family === undefined && this.registry.getSingleMetric(metric.name) === undefined) {
        const added = new SinkFamily(metric, () => this.#shown);
        this.#families.set(metric.name, added);
        this.registry.registerMetric(added as never);
      } else if (family?.type !== metric.type && !this.#taken.has(metric.name)) {
        taken.add(metric.name);
        this.#taken.add(metric.name);
      }
    }
    if (taken.size === 0) return;
    const what = `metrics of the sink of flow "${member.flow.name}" are not shown, as the registry has others of their`;
    process.emitWarning(visible(`${what} names: ${[...taken].join(', ')}`), 'SinkMetricsWarning');
  }

  leave(member: SinkMember): void {
    if (!this.#members.delete(member)) return;
    for (const [name, family] of this.#families)
      if (this.registry.getSingleMetric(name) === family) this.registry.removeSingleMetric(name);
    this.#families.clear();
    // What others have comes back at once.
    for (const other of this.#members) this.look(other);
  }

  /** A flow with two prefixes has its sink's metrics once all the same. */
  get #shown(): SinkMember[] {
    const members = [...this.#members];
    return members.filter(({ flow }, i) => members.findIndex((other) => other.flow === flow) === i);
  }
}

const ofRegistries = new WeakMap<PrometheusRegistry, SinkFamilies>();

/** Show the metrics of a flow's sink, present and to come. @returns takes them out. */
export function showSinkMetrics(registry: PrometheusRegistry, member: SinkMember): () => void {
  const families = ofRegistries.get(registry) ?? new SinkFamilies(registry);
  ofRegistries.set(registry, families);
  families.join(member);
  const look = () => families.look(member);
  member.flow.on('sinkMetrics', look);
  return () => {
    member.flow.off('sinkMetrics', look);
    families.leave(member);
  };
}

/** All that a flow's flushers have. Not of the member's reading, which is a scrape's. */
function metricsOf({ flow }: SinkMember): SinkMetric[] {
  return flow.metrics().sink.flatMap(({ metrics }) => metrics);
}

/** A metric of sinks as prom-client's registry takes it. */
class SinkFamily {
  /** A registry for OpenMetrics takes `_total` away from it. */
  readonly name: string;
  readonly help: string;
  readonly type: SinkMetric['type'];
  readonly aggregator: SinkMetric['aggregator'];
  readonly #known: string;

  constructor(
    { name, help, type, aggregator }: SinkMetric,
    private readonly members: () => readonly SinkMember[],
  ) {
    this.name = name;
    this.help = help;
    this.type = type;
    this.aggregator = aggregator;
    this.#known = name;
  }

  async get() {
    const { name, help, type, aggregator } = this;
    const values = this.members().flatMap((member) => this.#valuesOf(member));
    return { name, help, type, aggregator, values };
  }

  /** The sink's thread has them. */
  reset(): void {}

  #valuesOf(member: SinkMember): SinkValue[] {
    const { labels, perWorker } = member;
    const found = member
      .read()
      .sink.flatMap(({ flusher, metrics }) =>
        metrics
          .filter(({ name, type }) => name === this.#known && type === this.type)
          .map((metric) => (perWorker ? ofWorker(metric, flusher) : metric)),
      );
    const values = perWorker ? found.flatMap((metric) => metric.values) : (aggregated(found)?.values ?? []);
    return values.map((value) => ({ ...value, labels: { ...labels, ...value.labels } }));
  }
}

function ofWorker(metric: SinkMetric, flusher: number): SinkMetric {
  const worker = String(flusher);
  return {
    ...metric,
    values: metric.values.map((value) => ({ ...value, labels: { worker, ...value.labels } })),
  };
}
