/**
 * Pushes the rows of an unpacked batch, as columns, with their identities where the flow takes them.
 */
import { inspect } from 'node:util';
import { EventError } from '../../errors.js';
import { columnsFrom, columnsInput } from '../../packed/columns-input.js';
import { withIdentity } from '../../schema/columns/row-identity.js';
import { anyColumn } from '../../schema/columns/schema.js';
import type { Batch } from '../../schema/read/batch.js';
import type { SourceProducer, UnitDelivery } from '../../source.js';

/** @throws PackedMessageError before a row was pushed, where a value cannot be read; FlowClosedError */
export async function pushBatch(
  producer: SourceProducer,
  batch: Batch,
  delivery: UnitDelivery,
): Promise<void> {
  const columns = columnsInput(batch, producer.takesIdentities);
  const values = columns[anyColumn];
  const pushFrom = (from: number) =>
    values === undefined
      ? producer.pushColumns(columnsFrom(columns, from) as never, batch.length - from)
      : pushValues(producer, batch, values, from);
  let from = 0;
  while (from < batch.length) {
    try {
      from += pushFrom(from);
      // The ring is full.
      if (from < batch.length) await producer.writable();
    } catch (error) {
      if (!(error instanceof EventError)) throw error;
      from += error.index ?? 0;
      await refuseRow(batch, from, error, delivery);
      from++;
    }
  }
}

/** Push values of a flow without a schema. One that is no object has no identity but the flow's own. */
function pushValues(
  producer: SourceProducer,
  batch: Batch,
  values: ArrayLike<unknown>,
  from: number,
): number {
  for (let i = from; i < batch.length; i++) {
    const value = values[i];
    const mayHave = producer.takesIdentities && typeof value === 'object' && value !== null;
    const event = mayHave ? withIdentity(value, batch.identityBytes(i)) : value;
    try {
      if (!producer.push(event as never)) return i - from;
    } catch (error) {
      if (error instanceof EventError) error.index = i - from;
      throw error;
    }
  }
  return batch.length - from;
}

function refuseRow(
  batch: Batch,
  row: number,
  error: EventError,
  delivery: UnitDelivery,
): undefined | Promise<void> {
  const input = inspect(batch.row(row), { depth: null, maxArrayLength: null, maxStringLength: null });
  return delivery.refuse({ input, error, schema: batch.schema.name, identity: batch.identityBytes(row) });
}
