/**
 * Lines of JSON as events of a schema. A line that is none is refused: it becomes a dead letter, and others go on.
 */
import { EventError } from '../../errors.js';
import { withIdentity } from '../../schema/columns/row-identity.js';
import { compileFromJson, type FromJson } from '../../schema/write/from-json.js';
import type { SourceProducer, UnitDelivery } from '../../source.js';
import type { Line } from './line-splitter.js';

const blank = /^\s*$/;

export class EventLines {
  readonly #fromJson: FromJson;
  readonly #decoder = new TextDecoder('utf-8', { fatal: true });

  /** @param identityOf the identity of a line's event, where the flow takes identities. */
  constructor(
    private readonly producer: SourceProducer,
    private readonly identityOf?: (line: Line) => Uint8Array,
  ) {
    this.#fromJson = compileFromJson(producer.schema);
  }

  /**
   * Push a line's event.
   *
   * @returns a promise where the ring is full, or too many lines wait to be dead letters.
   * @throws FlowClosedError
   */
  push(line: Line, delivery: UnitDelivery): undefined | Promise<void> {
    try {
      const event = this.#eventOf(line);
      if (event === undefined || this.producer.push(event as never)) return undefined;
      return this.producer.send(event as never).catch((error) => this.#refuse(line, error, delivery));
    } catch (error) {
      return this.#refuse(line, error, delivery);
    }
  }

  /** @returns undefined for a blank line. @throws what is wrong with it */
  #eventOf(line: Line): unknown {
    const { bytes, isCut } = line;
    if (isCut) throw new LineError(`it is longer than ${bytes.length} bytes, and only its beginning is kept`);
    const text = decoded(this.#decoder, bytes);
    if (blank.test(text)) return undefined;
    const event = this.#fromJson(parsed(text), text, 0);
    const isObject = typeof event === 'object' && event !== null;
    if (!this.producer.takesIdentities || this.identityOf === undefined || !isObject) return event;
    return withIdentity(event, this.identityOf(line));
  }

  #refuse({ bytes, ...line }: Line, error: unknown, delivery: UnitDelivery): undefined | Promise<void> {
    if (!(error instanceof EventError || error instanceof LineError)) throw error;
    const identity = this.identityOf?.({ bytes, ...line });
    const schema = this.producer.schema.name;
    return delivery.refuse({ input: Buffer.from(bytes), error, schema, ...(identity && { identity }) });
  }
}

/** Push the events of lines, in order. @throws FlowClosedError */
export async function pushLines(
  lines: EventLines,
  all: readonly Line[],
  delivery: UnitDelivery,
): Promise<void> {
  for (const line of all) {
    const pushed = lines.push(line, delivery);
    if (pushed !== undefined) await pushed;
  }
}

/** What is wrong with a line that is no JSON. */
class LineError extends Error {}

function decoded(decoder: { decode(bytes: Uint8Array): string }, bytes: Uint8Array): string {
  try {
    return decoder.decode(bytes);
  } catch {
    throw new LineError('it is no UTF-8');
  }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new LineError((cause as Error).message, { cause });
  }
}
