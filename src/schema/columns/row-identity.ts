/**
 * Identities that a program gives its events: `withIdentity` attaches one, `identityOf` makes one from what names the
 * event elsewhere, such as a message's number. A flow with `identity: 'given'` stores them in a hidden column.
 *
 * They lie under a symbol: no column has that name, and each way to push an event carries it along.
 */
import { hash } from 'node:crypto';
import { describe } from '../../describe.js';
import { EventError } from '../../errors.js';

/** The length of an identity. */
export const identityBytes = 25;

/** The key under which an event holds its identity. */
export const rowIdentity = Symbol.for('batchflow-threads.identity');

/** Events, or columns of events, with the identities that `withIdentity` has given them. */
export interface Identified {
  readonly [rowIdentity]?: unknown;
}

/**
 * Give an event its identity, which tells it from every other event of the target: a sink with `identityColumn` stores
 * it once, however often it is pushed. For `push`, `pushMany`, `write`, `send` and streams, into a flow with
 * `identity: 'given'`.
 *
 * @param event is changed, and returned.
 * @param identity 25 bytes, which must not change before the event is pushed; `identityOf` makes some.
 * @example
 * flow.push(withIdentity({ at, path, status }, identityOf(message.stream, message.sequence)));
 */
export function withIdentity<E extends object>(event: E, identity: Uint8Array): E;
/** Give the events of `pushColumns` their identities, in order: an array, or the bytes of all, row after row. */
export function withIdentity<C extends object>(columns: C, identities: readonly Uint8Array[] | Uint8Array): C;
export function withIdentity(event: Identified, identity: unknown): object {
  (event as { [rowIdentity]: unknown })[rowIdentity] = identity;
  return event;
}

/**
 * Make an identity: the first 25 bytes of the SHA-256 of the parts, each with its length. The same parts in the same
 * order make the same one on every machine.
 *
 * @param parts what names the event; a number stands for its digits.
 */
export function identityOf(...parts: readonly (string | number | bigint | Uint8Array)[]): Uint8Array {
  const texts = parts.flatMap((part) => {
    const bytes = part instanceof Uint8Array ? part : Buffer.from(String(part));
    return [Buffer.from(`${bytes.length}:`), bytes];
  });
  return hash('sha256', Buffer.concat(texts), 'buffer').subarray(0, identityBytes);
}

/** The error for an identity that is none. */
export function identityFault(schema: { readonly name: string }, value: unknown): EventError {
  const message = `its identity: got ${describe(value)}; expected a Uint8Array of ${identityBytes} bytes, or nothing`;
  return new EventError('type', schema.name, undefined, message);
}
