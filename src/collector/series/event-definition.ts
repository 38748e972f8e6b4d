/**
 * What a collector knows of a type of events, as plain data: its columns, and which metrics its events change.
 *
 * Metrics that have the same labels are one group: an event looks its series up once for all of them.
 */
import type { Schema } from '../../schema/columns/schema.js';

/** Upper bounds of a histogram's buckets, ascending; or a native exponential histogram, which needs none. */
export type Buckets = readonly number[] | 'exponential';

export interface MetricDefinition {
  readonly name: string;
  readonly help: string;
  readonly type: 'counter' | 'gauge' | 'histogram';
  /** The column of the value. Undefined: a counter counts events. */
  readonly value?: string;
  /** The value is multiplied by it: milliseconds become seconds. */
  readonly scale: number;
  /** Whether values may be negative. */
  readonly isSigned: boolean;
  /** Of a histogram. */
  readonly buckets?: Buckets;
}

export interface GroupDefinition {
  readonly labels: readonly { readonly name: string; readonly column: string }[];
  readonly metrics: readonly MetricDefinition[];
}

export interface EventDefinition {
  readonly schema: Schema;
  /** Metrics of fixed names; none where events bring a name and labels along. */
  readonly groups: readonly GroupDefinition[];
  /** Of events that bring a name and labels along. */
  readonly named?: 'counter' | 'gauge' | 'histogram';
  /** Columns whose values must be among these. */
  readonly allowed: Readonly<Record<string, readonly string[]>>;
  /** The column of a path, which is made a template. */
  readonly path?: string;
}
