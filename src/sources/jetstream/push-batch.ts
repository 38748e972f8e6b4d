/**
 * Pushes the rows of an unpacked batch, as columns, with their identities where the flow takes them.
 */
import { inspect } from 'node:util';
import { EventError } from '../../errors.js';
import { columnsFrom, columnsInput } from '../../packed/columns-input.js';
import type { Batch } from '../../schema/read/batch.js';
import type { SourceProducer, UnitDelivery } from '../../source.js';

/**
 * @throws PackedMessageError before a row was pushed, where a value cannot be read; FlowClosedError
 */
export async function pushBatch(
  producer: SourceProducer,
  batch: Batch,
  delivery: UnitDelivery,
): Promise<void> {
  const columns = columnsInput(batch, producer.takesIdentities);
  let from = 0;
  while (from < batch.length) {
    try {
      from += producer.pushColumns(columnsFrom(columns, from) as never, batch.length - from);
    } catch (error) {
      if (!(error instanceof EventError)) throw error;
      from += error.index ?? 0;
      const input = inspect(batch.row(from), { depth: null, maxArrayLength: null, maxStringLength: null });
      const schema = batch.schema.name;
      delivery.refuse({ input, error, schema, identity: batch.identityBytes(from) });
      from++;
      continue;
    }
    if (from < batch.length) await producer.writable();
  }
}
