/**
 * Batches as bodies of requests: in one of the forms that the sink knows, or by a module of the user's.
 */
import type { Schema } from '../../schema/columns/schema.js';
import type { Batch } from '../../schema/read/batch.js';
import type { WriteResult } from '../../sink.js';
import { jsonRows } from '../encode/json-rows.js';
import { msgpackRows } from '../encode/msgpack-rows.js';
import { writeArrayHead } from '../encode/msgpack-value.js';
import { writeAscii } from '../encode/number-text.js';
import type { BadRowError, RowEncoder } from '../encode/row-writer.js';
import { WireBuffer } from '../wire/wire-buffer.js';
import type { HttpAnswer } from './client/http-client.js';
import type { HttpSinkSettings } from './options.js';

/** What a module for `encode` exports, by name or as members of its default export. */
export interface BodyEncoder {
  /** The body for a batch. An error that it throws is the batch's, as if the target had thrown it. */
  encode(batch: Batch): EncodedBody | Promise<EncodedBody>;
  /**
   * The rows that an answer says were not stored; all others are committed. Called for answers of success, and for 400,
   * 409 and 422. Undefined: the status says it for all rows.
   */
  rowsOf?(answer: HttpAnswer, batch: Batch): WriteResult['failed'] | undefined;
}

export interface EncodedBody {
  readonly body: Uint8Array | string;
  readonly contentType: string;
  /** Further headers of this request. */
  readonly headers?: Readonly<Record<string, string>>;
}

/** A body, and the rows that could not be put into it. */
export interface Body {
  /** Undefined: no row is left. */
  readonly bytes: Uint8Array | undefined;
  readonly contentType: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly refused: ReadonlyMap<number, BadRowError>;
}

/** What surrounds rows in a body. */
interface Frame {
  readonly contentType: string;
  begin(into: WireBuffer, rows: number): void;
  readonly between: string;
  readonly end: string;
}

const frames = {
  json: { contentType: 'application/json', begin: (into) => writeAscii(into, '['), between: ',', end: ']' },
  ndjson: { contentType: 'application/x-ndjson', begin() {}, between: '\n', end: '\n' },
  msgpack: { contentType: 'application/vnd.msgpack', begin: writeArrayHead, between: '', end: '' },
} satisfies Record<string, Frame>;

type Form = keyof typeof frames;

/** Whether a body has one of the sink's own forms. */
export function isForm(encode: string): encode is Form {
  return Object.hasOwn(frames, encode);
}

/** Makes bodies in one form, of the rows of any schema. */
export class RowBodies {
  readonly #encoders = new Map<Schema, RowEncoder>();
  readonly #frame: Frame;
  readonly #buffer: WireBuffer;

  constructor(
    private readonly form: Form,
    private readonly settings: HttpSinkSettings,
  ) {
    this.#frame = frames[form];
    this.#buffer = new WireBuffer(settings.maxBodyBytes);
  }

  /** @throws MessageTooLargeError when the body would be larger than the options allow. */
  bodyOf(batch: Batch): Body {
    const { refused, write } = this.#encoderOf(batch.schema).of(batch);
    const { contentType, begin, between, end } = this.#frame;
    const rows = batch.length - refused.size;
    const whole = { contentType, headers: {}, refused };
    if (rows === 0) return { ...whole, bytes: undefined };
    const into = this.#buffer;
    into.clear();
    begin(into, rows);
    let written = 0;
    for (let row = 0; row < batch.length; row++) {
      if (refused.size > 0 && refused.has(row)) continue;
      if (written++ > 0) writeAscii(into, between);
      write(into, row);
    }
    writeAscii(into, end);
    // Another batch may be encoded while this one is under way.
    return { ...whole, bytes: into.written.slice() };
  }

  /** Make the encoder of a schema. @throws SinkError where the options do not go with it. */
  prepare(schema: Schema): void {
    this.#encoderOf(schema);
  }

  #encoderOf(schema: Schema): RowEncoder {
    let encoder = this.#encoders.get(schema);
    if (encoder === undefined) {
      const { form, settings } = this;
      encoder = form === 'msgpack' ? msgpackRows(schema, settings.identityField) : jsonRows(schema, settings);
      this.#encoders.set(schema, encoder);
    }
    return encoder;
  }
}
