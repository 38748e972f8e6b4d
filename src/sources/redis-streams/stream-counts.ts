/**
 * What a source of a stream counts, for metrics.
 */
import { promClient } from '../../metrics/read/prom-client.js';
import { hasPeer } from '../../peer-packages.js';
import type { SourceContext } from '../../source.js';

export class StreamCounts {
  /** Entries that the group has not delivered; undefined where the server does not know. */
  lag: number | undefined;
  /** Entries of the group that are delivered and not acknowledged. */
  pending: number | undefined;
  /** Entries that were taken over from other consumers. */
  claimed = 0;
  /** Entries of this consumer that were delivered once more. */
  repeated = 0;
  /** Entries that were delivered, not acknowledged, and are no longer in the stream. */
  lost = 0;
  /** Entries that left the stream before the group had them, since the group began: so many at least. */
  unread = 0;

  /** Show them. Without prom-client no program can. */
  register({ metrics }: Pick<SourceContext, 'metrics'>): void {
    if (!hasPeer('prom-client')) return;
    const { Gauge, Counter } = promClient();
    const registers = [metrics];
    const gauge = (name: string, help: string, read: () => number | undefined) =>
      new Gauge({
        ...{ name: `batchflow_redis_streams_${name}`, help, registers, aggregator: 'max' as const },
        collect() {
          this.reset();
          const value = read();
          if (value !== undefined) this.set(value);
          else this.remove();
        },
      });
    gauge('lag', 'Entries that the group has not delivered, as Redis counts.', () => this.lag);
    gauge('pending', 'Entries of the group that are not acknowledged.', () => this.pending);
    const counter = (name: string, help: string, read: () => number) =>
      new Counter({
        ...{ name: `batchflow_redis_streams_${name}_total`, help, registers },
        collect() {
          this.reset();
          this.inc(read());
        },
      });
    counter('claimed', 'Entries that were taken over from other consumers.', () => this.claimed);
    counter('repeated', 'Entries of its own that were delivered once more.', () => this.repeated);
    counter('lost', 'Entries that left the stream while they were pending.', () => this.lost);
    counter('unread', 'Entries that left the stream before the group had them.', () => this.unread);
  }
}
