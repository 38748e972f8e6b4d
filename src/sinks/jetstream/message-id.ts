/**
 * `Nats-Msg-Id` of a message: the same for the same rows in the same place, by which the server drops a message that it
 * has. Rows may be grouped anew after a death, so ids only narrow the window of duplicates.
 */
import { identityOf } from '../../schema/columns/row-identity.js';
import type { RowIdentities } from '../../schema/read/row-identities.js';

/** 34 characters of base64url. */
export function messageId(subject: string, schema: string, { run, ranges, given }: RowIdentities): string {
  const rows = given ?? Uint8Array.from([...run, ...ranges.flatMap(partsOf)].flatMap(bytesOf));
  // The schema, too: a program may give events of two schemas one identity.
  return Buffer.from(identityOf(subject, schema, rows)).toString('base64url');
}

function partsOf({ producer, first, count }: RowIdentities['ranges'][number]): number[] {
  return [producer, Math.floor(first / 2 ** 32), first >>> 0, count];
}

function bytesOf(word: number): number[] {
  return [word >>> 24, (word >>> 16) & 0xff, (word >>> 8) & 0xff, word & 0xff];
}
