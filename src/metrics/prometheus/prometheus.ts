/**
 * A flow's metrics in a Prometheus registry: read out of shared memory when they are scraped, and not before.
 *
 * No flusher is asked, so a busy or blocked one neither delays a scrape nor is delayed by it. Metrics that sinks have
 * registered themselves are added by `prometheus-sink.ts`.
 */
import { isDeepStrictEqual } from 'node:util';
import { ConfigError } from '../../errors.js';
import { check } from '../../options/check.js';
import { withMethods } from '../../options/rules.js';
import type { FlowMetrics } from '../read/flow-metrics.js';
import { LoopDelay } from '../read/loop-delay.js';
import { promClient } from '../read/prom-client.js';
import { families } from './families.js';
import type { Family, Labels, Reading, Sample } from './family.js';
import { type PrometheusOptions, type PrometheusRegistry, prometheusRules } from './prometheus-options.js';
import { type SinkMember, showSinkMetrics } from './prometheus-sink.js';

/** What of a flow is needed here. */
export interface Measured {
  readonly name: string;
  metrics(): FlowMetrics;
  on(event: 'close' | 'sinkMetrics', listener: () => void): unknown;
  off(event: 'close' | 'sinkMetrics', listener: () => void): unknown;
}

const flowRule = withMethods<Measured>('metrics', 'on', 'off');

/** A flow in a registry. All metrics of one scrape are of one reading. */
class Member implements SinkMember {
  readonly #loop = new LoopDelay();
  #reading: Reading | undefined;

  constructor(
    readonly flow: Measured,
    readonly labels: Labels,
    readonly perWorker: boolean,
    private readonly perSchema: boolean,
  ) {}

  samples(family: Family): Sample[] {
    return this.#apart(family).map((sample) => labelled(sample, this.labels));
  }

  leave(): void {
    this.#loop.stop();
  }

  #apart({ samples, samplesOf, samplesOfSchema }: Family): Sample[] {
    const reading = this.read();
    const { flushers, schemas, target } = reading;
    if (this.perWorker && samplesOf !== undefined) {
      return flushers.flatMap((flusher, i) =>
        samplesOf(flusher, target).map((sample) => labelled(sample, { worker: String(i + 1) })),
      );
    }
    if (!this.perSchema || samplesOfSchema === undefined) return samples(reading);
    return schemas.flatMap((schema) =>
      samplesOfSchema(schema, target).map((sample) => labelled(sample, { schema: schema.name })),
    );
  }

  /** A registry asks all metrics for their values before it waits for any. */
  read(): Reading {
    if (this.#reading === undefined) {
      this.#reading = { ...this.flow.metrics(), loop: this.#loop.read() };
      this.#loop.reset();
      queueMicrotask(() => {
        this.#reading = undefined;
      });
    }
    return this.#reading;
  }
}

/** A sample with more labels; its own win. */
function labelled({ labels, value }: Sample, more: Labels): Sample {
  return { labels: { ...more, ...labels }, value };
}

/** Flows of one registry and prefix share its metrics, as a name can be registered once. */
const groups = new WeakMap<PrometheusRegistry, Map<string, Set<Member>>>();

/**
 * Show a flow's metrics in a registry, until the flow has closed.
 *
 * @returns takes them out earlier.
 * @throws ConfigError, for a flow whose name and labels another one in this registry has, too, and for a registry that
 *   has metrics of these names from others. The registry is as it was then.
 * @throws PackageError when prom-client is not installed and no registry is given.
 * @example
 * prometheus(flow);
 * http.createServer(async (_, response) => response.end(await register.metrics())).listen(9464);
 */
export function prometheus(flow: Measured, options: PrometheusOptions = {}): () => void {
  flowRule.check(flow, 'flow');
  const checked = check(prometheusRules, options);
  const { registry = promClient().register, prefix, perWorker, perSchema } = checked;
  if (perWorker && perSchema)
    throw new ConfigError(
      'perSchema',
      perSchema,
      'perWorker or perSchema, as both would make very many series',
    );
  const ofRegistry = groups.get(registry) ?? new Map<string, Set<Member>>();
  groups.set(registry, ofRegistry);
  const members = ofRegistry.get(prefix) ?? new Set<Member>();
  const labels = { flow: flow.name, ...checked.labels };
  // Prometheus would keep the numbers of one of them, and say nothing.
  if ([...members].some((member) => isDeepStrictEqual(member.labels, labels)))
    throw new ConfigError(
      'labels',
      labels,
      'others than those of a flow that is in this registry already (see name)',
    );
  if (members.size === 0) {
    assertFree(registry, prefix);
    for (const family of families)
      registry.registerMetric(new SampledMetric(prefix, family, members) as never);
    ofRegistry.set(prefix, members);
  }
  const member = new Member(flow, labels, perWorker, perSchema);
  members.add(member);
  const leaveSink = showSinkMetrics(registry, member);
  const leave = () => {
    flow.off('close', leave);
    member.leave();
    leaveSink();
    if (!members.delete(member) || members.size > 0) return;
    ofRegistry.delete(prefix);
    for (const { name } of families) registry.removeSingleMetric(prefix + name);
  };
  flow.on('close', leave);
  return leave;
}

/** A name that is taken in the middle would leave the metrics before it registered. @throws ConfigError */
function assertFree(registry: PrometheusRegistry, prefix: string): void {
  const taken = families.find(({ name }) => registry.getSingleMetric(prefix + name) !== undefined);
  if (taken === undefined) return;
  const name = prefix + taken.name;
  throw new ConfigError('prefix', prefix, `another one: the registry has a metric ${name} of others already`);
}

/** A metric as prom-client's registry takes it; its values are made when they are asked for. */
class SampledMetric {
  readonly name: string;
  readonly help: string;
  readonly type: Family['type'];
  readonly aggregator: 'sum' | 'max';

  constructor(
    prefix: string,
    private readonly family: Family,
    private readonly members: ReadonlySet<Member>,
  ) {
    this.name = prefix + family.name;
    this.help = family.help;
    this.type = family.type;
    this.aggregator = family.aggregator ?? 'sum';
  }

  async get() {
    const { name, help, type, aggregator } = this;
    const values = [...this.members].flatMap((member) =>
      member.samples(this.family).flatMap((sample) => valuesOf(name, sample)),
    );
    return { name, help, type, aggregator, values };
  }

  /** Counters of a flow begin with the flow. */
  reset(): void {}
}

/** A line of the exposition. */
interface Value {
  readonly metricName?: string;
  readonly labels: Readonly<Record<string, string | number>>;
  readonly value: number;
}

/** A histogram's buckets are accumulated here, so the last one and the count are the same number. */
function valuesOf(name: string, { labels, value }: Sample): Value[] {
  if (typeof value === 'number') return [{ labels, value }];
  let below = 0;
  const buckets = value.counts.map((count, i) => {
    below += count;
    const le = value.bounds[i] ?? '+Inf';
    return { metricName: `${name}_bucket`, labels: { ...labels, le }, value: below };
  });
  return [
    ...buckets,
    { metricName: `${name}_sum`, labels, value: value.sum },
    { metricName: `${name}_count`, labels, value: value.count },
  ];
}
