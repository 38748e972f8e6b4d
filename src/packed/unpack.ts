/**
 * Reads a packed message (`form.ts`): a batch of the message's own schema, in arrays that lie in the message.
 *
 * Whatever the bytes are, they become a batch of valid values, or an error; nothing of their size alone is allocated.
 */
import { describe } from '../describe.js';
import { PackedMessageError } from '../errors.js';
import type { Schema } from '../schema/columns/schema.js';
import { Batch } from '../schema/read/batch.js';
import { crcEnd, givenFlag, headStart, magic, mostHeadBytes, place, version } from './form.js';
import { schemaOfHead } from './head.js';
import { damaged, MessageReader } from './message-reader.js';
import { checksum } from './pack.js';
import { readColumns } from './unpack-columns.js';
import { readIdentities } from './unpack-identities.js';

/** Whether a message begins as one. */
export function isPacked(message: Uint8Array): boolean {
  return (
    message.length >= 4 &&
    new DataView(message.buffer, message.byteOffset, 4).getUint32(place.magic, true) === magic
  );
}

/**
 * Unpack a message.
 *
 * @param message is the batch's from here on, as the batch's arrays are views of it where they can be.
 * @throws PackedMessageError with fault `damaged`, or `version` for a message of a newer version of the package.
 */
export function unpack(message: Uint8Array): Batch {
  if (message.length < crcEnd) throw damaged(`it has ${message.length} bytes`);
  const bytes = alignedCopy(message);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  if (view.getUint32(place.magic, true) !== magic) throw damaged('it does not begin as one');
  // All that newer versions have in common with this one.
  const ownVersion = view.getUint8(place.version);
  if (ownVersion > version) {
    throw new PackedMessageError(
      'version',
      `the packed message has version ${ownVersion}, and this package reads versions up to ${version}`,
    );
  }
  if (ownVersion !== version || bytes.length < headStart) throw damaged('its beginning');
  if (view.getUint32(place.bytes, true) !== bytes.length) {
    throw damaged(`${bytes.length} bytes of ${view.getUint32(place.bytes, true)}`);
  }
  if (view.getUint32(place.crc, true) !== checksum(bytes)) throw damaged('its checksum differs');
  const flags = view.getUint8(place.flags);
  if ((flags & ~givenFlag) !== 0) throw damaged(`flags ${flags}`);
  const rows = view.getUint32(place.rows, true);
  const headBytes = view.getUint32(place.head, true);
  if (headBytes > mostHeadBytes) throw damaged(`a head of ${headBytes} bytes`);
  const reader = new MessageReader(bytes);
  const schema = schemaOfHead(reader.take(headBytes));
  // Each column has a byte a row at least.
  if (rows > bytes.length) throw damaged(`${rows} rows in ${bytes.length} bytes`);
  const identities = readIdentities(reader, rows, (flags & givenFlag) !== 0);
  const columns = readColumns(reader, schema, rows);
  if (!reader.isAtEnd) throw damaged('there is more than its columns');
  return new Batch(schema, { length: rows, ...columns, identities });
}

/**
 * Make sure that rows of one schema can be pushed into a flow that has another of the same name: with columns of the
 * same types, without an optional column that the message's edge did not know.
 *
 * @throws PackedMessageError with fault `schema` where there is none, `shape` where its columns do not fit.
 */
export function checkShape(sent: Schema, known: Schema | undefined): void {
  if (known === undefined) {
    throw new PackedMessageError('schema', `no schema "${sent.name}" is known here`);
  }
  const fault = (name: string, why: string) =>
    new PackedMessageError('shape', `the rows of "${sent.name}" have another shape: column "${name}" ${why}`);
  for (const [name, { type, nullable }] of Object.entries(sent.columns)) {
    const own = Object.hasOwn(known.columns, name) ? known.columns[name] : undefined;
    if (own === undefined) throw fault(name, 'is not known here');
    if (own.type !== type) throw fault(name, `is ${describe(type)} there and ${describe(own.type)} here`);
    if (nullable && !own.nullable) throw fault(name, 'is optional there and not here');
  }
  for (const [name, { nullable }] of Object.entries(known.columns)) {
    if (!nullable && !Object.hasOwn(sent.columns, name)) throw fault(name, 'is missing there');
  }
}

/** The message in memory where arrays of numbers may begin. */
function alignedCopy(message: Uint8Array): Uint8Array<ArrayBuffer> {
  const { buffer, byteOffset, length } = message;
  if (buffer instanceof ArrayBuffer && byteOffset % 8 === 0)
    return new Uint8Array(buffer, byteOffset, length);
  return Uint8Array.from(message);
}
