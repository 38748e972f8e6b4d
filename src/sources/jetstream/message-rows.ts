/**
 * The rows of a message: a packed batch, or lines of JSON. What is no row is refused; a message that this flow cannot
 * read yet is not pushed at all.
 */
import { ConfigError, type PackedFault, PackedMessageError } from '../../errors.js';
import { schemaIn } from '../../nats/subject-template.js';
import { checkShape, isPacked, unpack } from '../../packed/unpack.js';
import type { Schema } from '../../schema/columns/schema.js';
import type { Batch } from '../../schema/read/batch.js';
import type { SourceContext, SourceProducer, UnitDelivery } from '../../source.js';
import { EventLines, pushLines } from '../lines/event-lines.js';
import { type Line, LineSplitter } from '../lines/line-splitter.js';
import { identityIn, type Message } from './message.js';
import type { JetStreamSourceSettings } from './options.js';
import { pushBatch } from './push-batch.js';

/** A message that another version of this program may read: its schema is not known here, or is a newer one. */
export class UnknownMessage extends Error {
  constructor(
    readonly fault: PackedFault,
    readonly schema: string | undefined,
    override readonly cause: unknown,
  ) {
    super((cause as Error).message);
  }
}

export class MessageRows {
  readonly #producers = new Map<string, SourceProducer>();
  readonly #lines = new Map<string, EventLines>();
  /** Schemas as messages have them, whose rows fit. */
  readonly #fitting = new WeakSet<Schema>();
  /** The message whose lines are being pushed. */
  #message: Message | undefined;

  constructor(
    private readonly settings: JetStreamSourceSettings,
    private readonly context: SourceContext<unknown, Message>,
  ) {}

  /**
   * Push the rows of a message.
   *
   * @returns how many there were.
   * @throws UnknownMessage before a row was pushed; FlowClosedError
   */
  async push(message: Message, delivery: UnitDelivery): Promise<number> {
    const { format } = this.settings;
    const { data } = message;
    if (format === 'packed' || (format === 'auto' && isPacked(data)))
      return this.#pushPacked(message, delivery);
    if (format === 'auto' && !mayBeJson(data)) {
      this.refuse(
        message,
        delivery,
        new Error('it is neither a packed message nor JSON objects, one a line'),
        undefined,
      );
      return 0;
    }
    return this.#pushLines(message, delivery);
  }

  /** Make a dead letter of a message; it does not come again. */
  refuse(message: Message, delivery: UnitDelivery, error: unknown, schema: string | undefined): void {
    message.isPoison = true;
    const identity = identityIn(message, 'all');
    delivery.refuse({ input: message.data, error, identity, ...(schema !== undefined && { schema }) });
  }

  async #pushPacked(message: Message, delivery: UnitDelivery): Promise<number> {
    let batch: Batch | undefined;
    try {
      batch = unpack(message.data);
      const producer = this.#producerOf(batch.schema.name);
      if (!this.#fitting.has(batch.schema)) {
        checkShape(batch.schema, producer?.schema);
        this.#fitting.add(batch.schema);
      }
      await pushBatch(producer as SourceProducer, batch, delivery);
      return batch.length;
    } catch (error) {
      if (!(error instanceof PackedMessageError)) throw error;
      const schema = batch?.schema.name;
      if (error.fault !== 'damaged') throw new UnknownMessage(error.fault, schema, error);
      this.refuse(message, delivery, error, schema);
      return 0;
    }
  }

  async #pushLines(message: Message, delivery: UnitDelivery): Promise<number> {
    const name = this.#schemaOf(message);
    const producer = this.#producerOf(name);
    if (producer === undefined) {
      const what = name === undefined ? 'of several schemas' : `no schema "${name}" is known here`;
      const why = `${what}, by the subject ${message.subject}`;
      throw new UnknownMessage('schema', name, new PackedMessageError('schema', why));
    }
    const { schema } = producer;
    let lines = this.#lines.get(schema.name);
    if (lines === undefined) {
      lines = new EventLines(producer, (line) => identityIn(this.#message as Message, line.at));
      this.#lines.set(schema.name, lines);
    }
    this.#message = message;
    const found = linesOf(message.data);
    await pushLines(lines, found, delivery);
    return found.length;
  }

  /** The name of the schema of JSON; undefined: the flow's only one. */
  #schemaOf({ subject }: Message): string | undefined {
    const { schema, subject: template } = this.settings;
    return schema ?? schemaIn(template, subject);
  }

  /** Undefined where the flow has no such schema; one may be added at any time. */
  #producerOf(name: string | undefined): SourceProducer | undefined {
    const key = name ?? '';
    let producer = this.#producers.get(key);
    if (producer === undefined) {
      try {
        producer = this.context.producer(name);
      } catch (error) {
        if (error instanceof ConfigError) return undefined;
        throw error;
      }
      this.#producers.set(key, producer);
    }
    return producer;
  }
}

const openBrace = 0x7b;
const blanks: readonly (number | undefined)[] = [0x20, 0x09, 0x0a, 0x0d];

/** Whether the first that is there begins an object. Nothing at all has no lines. */
function mayBeJson(data: Uint8Array): boolean {
  const first = data.find((byte) => !blanks.includes(byte));
  return first === undefined || first === openBrace;
}

function linesOf(data: Uint8Array): readonly Line[] {
  const bytes = Buffer.from(data.buffer, data.byteOffset, data.length);
  const splitter = new LineSplitter(data.length);
  return [...splitter.take(bytes), ...splitter.end()];
}
