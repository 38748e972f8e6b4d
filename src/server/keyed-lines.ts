/**
 * The request headers `Idempotency-Key` and `Idempotency-First-Line`: they give each line of a body an identity that it
 * has again when the body, or the rest of it, is sent again. A target that keeps identities stores the line once.
 *
 *     identity   SHA-256 of the service's token, the key, the line's number and its content, cut to 25 bytes
 *
 * The content is part of it, so that a key that is used again for something else never hides rows: as long as the
 * process remembers the key's lines it is answered 422, afterwards its rows are stored.
 */
import type { IncomingHttpHeaders } from 'node:http';
import { EventError } from '../errors.js';
import { afterValue, compact } from '../schema/codec/json-scan.js';
import { identityOf, withIdentity } from '../schema/columns/row-identity.js';
import { RequestFault } from './request-fault.js';
import type { SeenLines } from './seen-lines.js';

export interface KeyOptions {
  /** The service's token: keys of different tokens are different. */
  readonly token: string | undefined;
  /** What lines of keys were; undefined where the flow takes no identities. */
  readonly seen: SeenLines | undefined;
}

const leastLength = 16;
const mostLength = 255;

export class KeyedLines {
  readonly #key: string;
  /** Of the line at hand. */
  #mark = 0;

  /** @param firstLine the number that the body's first line has. */
  constructor(
    scope: string,
    key: string,
    readonly firstLine: number,
    private readonly seen: SeenLines,
  ) {
    this.#key = Buffer.from(identityOf(scope, key)).toString('base64');
  }

  /**
   * The keyed lines of a request; undefined without a key.
   *
   * @throws RequestFault 400 for a key or line that cannot be one, or where the flow takes no identities.
   */
  static of(headers: IncomingHttpHeaders, { token = '', seen }: KeyOptions): KeyedLines | undefined {
    const key = headers['idempotency-key'];
    const first = headers['idempotency-first-line'];
    if (key === undefined && first === undefined) return undefined;
    if (seen === undefined) {
      throw bad(
        'this service does not keep each row once; start it with --identity-column and a table (identity: "given"), ' +
          'or, before a stream, with --idempotency-keys',
      );
    }
    if (typeof key !== 'string' || key.length < leastLength || key.length > mostLength) {
      throw bad(`Idempotency-Key must have ${leastLength} to ${mostLength} characters`);
    }
    if (first !== undefined && !/^[1-9]\d{0,14}$/.test(String(first))) {
      throw bad('Idempotency-First-Line must be the number of a line, from 1');
    }
    return new KeyedLines(token, key, Number(first ?? 1), seen);
  }

  /**
   * Give the event of a line its identity.
   *
   * @param text the JSON text that holds it.
   * @param start where it begins there.
   * @throws RequestFault 422 when the line was another one before; EventError when the event can have no identity.
   */
  identify(line: number, event: unknown, text: string, start: number): unknown {
    if (typeof event !== 'object' || event === null) {
      throw new EventError('type', 'events', undefined, 'an event with an idempotency key must be an object');
    }
    const identity = identityOf(this.#key, line, compact(text, start, afterValue(text, start)));
    this.#mark = Buffer.from(identity.buffer, identity.byteOffset).readUInt32LE();
    if (this.seen.differs(this.#key, line, this.#mark)) {
      const message = `line ${line} was another one when this Idempotency-Key was sent before`;
      throw new RequestFault(422, 'idempotency_key_reused', message);
    }
    return withIdentity(event, identity);
  }

  /** The line that was identified last is in the flow now. */
  accepted(line: number): void {
    this.seen.accept(this.#key, line, this.#mark);
  }
}

function bad(message: string): RequestFault {
  return new RequestFault(400, 'bad_idempotency_key', message);
}
