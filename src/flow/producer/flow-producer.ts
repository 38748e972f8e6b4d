/**
 * What a flow and its shards see of a producer, beside what users see.
 */
import type { EventError } from '../../errors.js';
import type { Schema } from '../../schema/columns/schema.js';
import type { Producer } from '../api/producer.js';

/** A producer of a flow: of its only ring, or of all shards. */
export interface FlowProducer<S extends Schema> extends Producer<S> {
  /** Rows accepted that the counters in shared memory do not know of yet. */
  readonly unpublished: number;
  /** Whether a `pushColumns` further up on this thread's stack is reading columns: closing has to wait. */
  readonly readingColumns: boolean;
  /** Receives the error of each event that the producer refuses. */
  set onRefused(listener: ((error: EventError) => void) | undefined);
}

/** A producer of one ring. */
export interface RingProducer<S extends Schema> extends FlowProducer<S> {
  /** How many rows have come into the ring from the producer's slot. */
  readonly rows: number;
  /** Count an event, or columns, that did not get as far as the ring. @returns the error. */
  refused(error: EventError): EventError;
}
