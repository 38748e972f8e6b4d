/**
 * Passes the events of a flusher's batches on to flows of raw events, column by column.
 *
 * A flusher that dies in between passes its batch on again: such rows may be there twice. What is counted is not. A
 * flow that has ended or failed takes nothing more: that stops no counting.
 */
import type { EventError } from '../../errors.js';
import type { FlowHandle, Producer } from '../../flow/api/producer.js';
import { attachProducer } from '../../flow/producer/attach.js';
import type { Schema } from '../../schema/columns/schema.js';
import type { Batch } from '../../schema/read/batch.js';
import { labelsOf } from '../events/label-text.js';
import type { EventDefinition } from '../series/event-definition.js';

/** Where a flusher passes events on: plain data, to be posted. */
export interface EventTarget {
  readonly handle: FlowHandle;
  /** By the name of the type, the schema of its rows. */
  readonly schemas: Readonly<Record<string, Schema>>;
}

type Values = ArrayLike<unknown> & { readonly get?: (row: number) => unknown };

/** Columns of rows by name. */
type Rows = Readonly<Record<string, ArrayLike<unknown>>>;

export class PassedEvents {
  /** By the type's name. */
  readonly #receivers = new Map<string, Receiver[]>();

  constructor(targets: readonly EventTarget[], definitions: readonly EventDefinition[]) {
    for (const { schema } of definitions) {
      const wanted = targets.filter(({ schemas }) => Object.hasOwn(schemas, schema.name));
      const receivers = wanted.map(
        ({ handle, schemas }) => new Receiver(handle, schemas[schema.name] as Schema),
      );
      this.#receivers.set(schema.name, receivers);
    }
  }

  /** @returns how many rows flows did not take; those that their rings had no room for, they count themselves. */
  pass(batch: Batch, { schema, named }: EventDefinition): number {
    const receivers = this.#receivers.get(schema.name) ?? [];
    if (receivers.length === 0) return 0;
    const { length } = batch;
    const columns: Record<string, ArrayLike<unknown>> = { at: new Float64Array(length).fill(Date.now()) };
    for (const name of Object.keys(schema.columns)) columns[name] = valuesOf(batch, schema, name);
    if (named !== undefined)
      columns.labels = Array.from(columns.labels as ArrayLike<string>, (text) =>
        Object.fromEntries(labelsOf(text)),
      );
    return receivers.reduce((sum, receiver) => sum + receiver.push(columns, length), 0);
  }
}

/** A flow that gets the events of one type. */
class Receiver {
  #producer: Producer | undefined;

  constructor(
    private readonly handle: FlowHandle,
    private readonly schema: Schema,
  ) {}

  /** @returns how many rows the flow refuses: an event that is too large takes those behind it along. */
  push(columns: Rows, length: number): number {
    try {
      // Attached with the first rows, so that a flow that has failed does not keep a flusher from its start.
      this.#producer ??= attachProducer(this.handle, this.schema);
      this.#producer.pushColumns(columns as never, length);
      this.#producer.publish();
      return 0;
    } catch (error) {
      return length - ((error as EventError).index ?? 0);
    }
  }
}

/** A column as `pushColumns` takes it. */
function valuesOf(batch: Batch, schema: Schema, name: string): ArrayLike<unknown> {
  const column = batch.columns[name] as Values;
  const isNullable = schema.columns[name]?.nullable === true;
  if (column.get === undefined && !isNullable) return column;
  const valueAt = (row: number) => {
    if (isNullable && !batch.has(name, row)) return null;
    return column.get === undefined ? column[row] : column.get(row);
  };
  return Array.from({ length: batch.length }, (_, row) => valueAt(row));
}
