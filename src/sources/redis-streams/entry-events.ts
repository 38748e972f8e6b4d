/**
 * Entries as events of a schema. An entry that is none is refused: it becomes a dead letter, and others go on.
 */
import { isUtf8 } from 'node:buffer';
import { describe, messageOf } from '../../describe.js';
import { EventError } from '../../errors.js';
import { identityBytes, identityOf, withIdentity } from '../../schema/columns/row-identity.js';
import { anyColumn, type Schema } from '../../schema/columns/schema.js';
import { compileFromJson, type FromJson } from '../../schema/write/from-json.js';
import type { SourceContext, SourceProducer, UnitDelivery } from '../../source.js';
import type { Entry } from './entry.js';
import { type FieldValue, fieldValues, noValue } from './field-values.js';
import type { RedisStreamsSettings } from './options.js';

/** What is wrong with an entry that is no event, whatever its schema. */
class EntryError extends Error {}

/** Makes events of one schema. */
interface Reader {
  readonly producer: SourceProducer;
  readonly columns: ReadonlyMap<string, FieldValue>;
  readonly fromJson: FromJson;
}

type Present = Entry & { readonly fields: readonly Buffer[] };

export class EntryEvents {
  readonly #readers = new Map<string | undefined, Reader>();

  /** @throws ConfigError where no schema is named and the flow has several, or none of that name. */
  constructor(
    private readonly context: Pick<SourceContext, 'producer' | 'schemas'>,
    private readonly settings: RedisStreamsSettings,
  ) {
    if (settings.schemaField === undefined) this.#readerOf(settings.schema);
  }

  /**
   * Push an entry's event.
   *
   * @returns a promise where the ring is full.
   * @throws FlowClosedError
   */
  push(entry: Present, delivery: UnitDelivery): undefined | Promise<void> {
    try {
      const { producer, event } = this.#eventOf(entry);
      if (producer.push(event as never)) return undefined;
      return producer.send(event as never).catch((error) => this.#refuse(entry, error, delivery));
    } catch (error) {
      this.#refuse(entry, error, delivery);
      return undefined;
    }
  }

  /** @throws EventError, EntryError */
  #eventOf(entry: Present): { producer: SourceProducer; event: unknown } {
    const reader = this.#readerFor(entry);
    const { producer } = reader;
    const { jsonField } = this.settings;
    const event = jsonField === undefined ? this.#ofFields(entry, reader) : ofJson(entry, jsonField, reader);
    const isObject = typeof event === 'object' && event !== null;
    if (producer.takesIdentities && isObject) withIdentity(event, this.#identityOf(entry));
    return { producer, event };
  }

  #ofFields({ fields }: Present, { producer, columns }: Reader): unknown {
    const { schemaField, identityField } = this.settings;
    const event: Record<string, unknown> = {};
    for (let i = 0; i < fields.length; i += 2) {
      const name = (fields[i] as Buffer).toString();
      const bytes = fields[i + 1] as Buffer;
      const read = columns.get(name);
      if (read === undefined && (name === schemaField || name === identityField)) continue;
      // `push` says what it makes of a column that there is not.
      const value = read === undefined ? shown(bytes) : read(bytes);
      if (value === noValue) throw unfit(producer.schema, name, bytes);
      if (Object.hasOwn(event, name))
        throw new EntryError(`the field ${JSON.stringify(name)} is there twice`);
      // An assignment to `__proto__` would make no member.
      if (name === '__proto__')
        Object.defineProperty(event, name, { value, enumerable: true, configurable: true, writable: true });
      else event[name] = value;
    }
    return Object.hasOwn(producer.schema.columns, anyColumn) ? event[anyColumn] : event;
  }

  /** @throws EntryError for an entry that names no schema of the flow. */
  #readerFor(entry: Present): Reader {
    const { schema, schemaField } = this.settings;
    if (schemaField === undefined) return this.#readerOf(schema);
    const name = valueIn(entry, schemaField)?.toString();
    if (name === undefined) throw new EntryError(`it has no field ${JSON.stringify(schemaField)}`);
    if (this.#readers.has(name) || this.context.schemas.some((each) => each.name === name))
      return this.#readerOf(name);
    throw new EntryError(`the flow has no schema ${describe(name)}`);
  }

  #readerOf(name: string | undefined): Reader {
    const known = this.#readers.get(name);
    if (known !== undefined) return known;
    const producer = this.context.producer(name);
    const { schema } = producer;
    const columns = Object.entries(schema.columns).map(
      ([key, { type }]) => [key, fieldValues[type]] as const,
    );
    const reader = { producer, columns: new Map(columns), fromJson: compileFromJson(schema) };
    this.#readers.set(name, reader);
    return reader;
  }

  /** The identity that the entry brings, or one of its place. */
  #identityOf(entry: Present): Uint8Array {
    const { stream, identityField } = this.settings;
    const own = identityField === undefined ? undefined : valueIn(entry, identityField);
    if (own === undefined) return identityOf('redis-streams', stream, entry.id);
    const bytes = Buffer.from(own.toString('latin1'), 'base64url');
    const isWritten =
      bytes.length === identityBytes && bytes.toString('base64url') === own.toString('latin1');
    return isWritten ? bytes : identityOf('redis-streams', own);
  }

  #refuse(entry: Present, error: unknown, delivery: UnitDelivery): void {
    if (!(error instanceof EventError || error instanceof EntryError)) throw error;
    const { stream, schema, schemaField } = this.settings;
    const meant = schemaField === undefined ? this.#readerOf(schema).producer.schema.name : undefined;
    const name = error instanceof EventError ? error.schema : meant;
    delivery.refuse({
      input: textOf(stream, entry),
      error,
      identity: this.#identityOf(entry),
      ...(name !== undefined && { schema: name }),
    });
  }
}

/** @throws EventError, EntryError */
function ofJson(entry: Present, field: string, { fromJson }: Reader): unknown {
  const bytes = valueIn(entry, field);
  if (bytes === undefined) throw new EntryError(`it has no field ${JSON.stringify(field)}`);
  if (!isUtf8(bytes)) throw new EntryError(`the field ${JSON.stringify(field)} is no UTF-8`);
  const text = bytes.toString();
  return fromJson(parsed(text), text, 0);
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new EntryError(messageOf(cause), { cause });
  }
}

function valueIn({ fields }: Present, field: string): Buffer | undefined {
  for (let i = 0; i < fields.length; i += 2)
    if ((fields[i] as Buffer).toString() === field) return fields[i + 1] as Buffer;
  return undefined;
}

function unfit(schema: Schema, field: string, bytes: Buffer): EventError {
  const expected = `a text of type ${schema.columns[field]?.type}`;
  return new EventError('type', schema.name, field, `got ${describe(shown(bytes))}; expected ${expected}`);
}

/** A value as a text, or what stands for it where it is none. */
function shown(bytes: Buffer): string | { readonly base64: string } {
  return isUtf8(bytes) ? bytes.toString() : { base64: bytes.toString('base64') };
}

/** An entry as a dead letter keeps it. */
function textOf(stream: string, { id, fields }: Present): string {
  const pairs = fields.flatMap((name, i) =>
    i % 2 === 0 ? [[shown(name), shown(fields[i + 1] as Buffer)]] : [],
  );
  return JSON.stringify({ stream, id, fields: pairs });
}
