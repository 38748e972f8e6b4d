/**
 * A batch made from rows on the spot, by the writer and the reader that the ring uses: for testing sinks.
 */
import { EventError } from '../errors.js';
import { BlockLease } from '../ring/block-lease.js';
import { createRingMemory } from '../ring/layout.js';
import { defaultVariableBytes, layOut } from './block/block-layout.js';
import { createLabelMemory, LabelDictionary } from './block/label-dictionary.js';
import { identityBytes } from './columns/row-identity.js';
import { asDefined, type EventOf, type Schema } from './columns/schema.js';
import { Batch } from './read/batch.js';
import { BatchReader } from './read/batch-reader.js';
import { assertEvents } from './write/event-faults.js';
import { compileWriter } from './write/writer.js';

/**
 * Build a batch as a flusher would hand it to a sink.
 *
 * @param identities of the rows, 25 bytes each, one after the other. Without them each row gets one that no other has.
 * @throws EventError when a row does not fit the schema; SchemaError for a schema that cannot work; RangeError when
 *   there are not 25 bytes for each row.
 * @example
 * await mySink.write(batchOf(Request, [{ at: Date.now(), path: '/', status: 200 }]), context);
 */
export function batchOf<S extends Schema>(
  schema: S,
  rows: Iterable<EventOf<S>>,
  identities?: Uint8Array,
): Batch<S> {
  asDefined(schema);
  assertEvents(schema, rows, refused);
  const events = [...rows];
  if (identities !== undefined && identities.length !== events.length * identityBytes) {
    throw new RangeError(
      `identities: ${identities.length} bytes for ${events.length} rows of ${identityBytes}`,
    );
  }
  for (let bytes = defaultVariableBytes(schema, events.length); ; bytes *= 2) {
    try {
      const data = fill(schema, events, bytes);
      if (data === undefined) continue;
      if (identities !== undefined) data.identities = { ...data.identities, given: identities.slice() };
      return new Batch(schema, data);
    } catch (error) {
      if (!(error instanceof EventError && error.fault === 'too_large')) throw error;
    }
  }
}

const refused = (error: EventError) => error;

function fill(schema: Schema, events: readonly unknown[], variableBytes: number) {
  const layout = layOut(schema, Math.max(1, events.length), variableBytes);
  const memory = createRingMemory(1, layout.end);
  // The first producer's first rows.
  new BlockLease(memory, 1).open(0, 0);
  const labelMemory = createLabelMemory(1024);
  let flushed = -1;
  const place = {
    row: 0,
    end: Math.max(1, events.length),
    find: () => false,
    complete() {},
    refused,
    makeRoom() {
      // What the rows were promised may be too much; if that is not it, this is not enough for them.
      if (flushed === place.row) place.end = place.row;
      flushed = place.row;
      writer.flush(place.row);
    },
  };
  const writer = compileWriter(schema, layout, memory, new LabelDictionary(labelMemory), place);
  writer.open(0);
  if (!events.every((event) => writer.push(event))) return undefined;
  writer.flush(events.length);
  return new BatchReader(layout, memory, new LabelDictionary(labelMemory)).read(
    events.length === 0 ? [] : [{ block: 0, from: 0, to: events.length }],
  );
}
