/**
 * A dead letter: a row that a flow gave up, kept with its error, so that it can be looked at and delivered again.
 * Letters are rows of one fixed schema, and any sink can take them.
 *
 * A letter holds its row's columns, too: its reader needs nothing of the program that wrote it.
 */
import type { GiveUpReason } from '../../errors.js';
import { batchOf } from '../../schema/batch-of.js';
import { t } from '../../schema/columns/columns.js';
import { defineSchema, type EventOf } from '../../schema/columns/schema.js';
import { columnsText } from '../../schema/columns/schema-text.js';
import type { Batch } from '../../schema/read/batch.js';
import { identityOfText } from '../../schema/read/row-identities.js';
import { rowText } from '../../schema/read/row-text.js';
import type { ErrorData } from '../protocol/error-data.js';

/** Why a row was given up. */
export type DeadReason = Exclude<GiveUpReason, 'dead-letters'>;

export const deadLetterSchema = defineSchema('dead_letters', {
  /** The flow's name. */
  flow: t.label(),
  /** The name of the row's schema. */
  schema: t.label(),
  /** The columns of that schema, as `columnsText` writes them. */
  columns: t.string(),
  /** The row, as `rowText` writes it. */
  row: t.string(),
  /** A `DeadReason`. */
  reason: t.label(),
  /** The error's code, if it had one. */
  code: t.string().optional(),
  message: t.string(),
  /** How often the row was given to the sink. */
  attempts: t.uint32(),
  firstTriedAt: t.timestamp(),
  failedAt: t.timestamp(),
  /** What tells the row from every other, as `batch.identity` has it; letters of version 0.1 have none. */
  identity: t.string().optional(),
  /** Why the write failed, an `ErrorReason`; letters of version 0.1 have none. */
  errorReason: t.label().optional(),
});

/**
 * The rows of letters whose reason is `refused`: what a source got, one of text and bytes, and could make no rows of.
 */
export const refusedInputSchema = defineSchema('refused_input', {
  /** The name of the schema that it was meant for. */
  schema: t.label().optional(),
  text: t.string().optional(),
  /** In the place of a text, where it is no UTF-8. */
  bytes: t.bytes().optional(),
});

/** What `deadLetterSchema` takes. */
export interface DeadLetter extends EventOf<typeof deadLetterSchema> {
  reason: DeadReason;
}

/** What is known of a row when it is given up. */
export interface Failure {
  readonly flow: string;
  /** The batch that holds the row. */
  readonly batch: Batch;
  /** The row's number in its batch. */
  readonly row: number;
  readonly reason: DeadReason;
  readonly error: ErrorData;
  readonly attempts: number;
  /** Milliseconds since the epoch. */
  readonly firstTriedAt: number;
  readonly failedAt: number;
}

/** The letter for a row. */
export function letterOf(failure: Failure): DeadLetter {
  const { flow, batch, row, reason, error, attempts, firstTriedAt, failedAt } = failure;
  return {
    flow,
    schema: batch.schema.name,
    columns: columnsText(batch.schema),
    row: rowText(batch, row),
    reason,
    code: error.code ?? null,
    message: error.message,
    attempts,
    firstTriedAt,
    failedAt,
    identity: batch.identity(row),
    errorReason: error.reason ?? 'unknown',
  };
}

/** Letters as a batch: each has the identity of its row, so that it can be kept once, too. */
export function batchOfLetters(letters: readonly DeadLetter[]): Batch<typeof deadLetterSchema> {
  const identities = letters.map(({ identity }) => identityOfText(identity ?? ''));
  if (identities.some((identity) => identity === undefined)) return batchOf(deadLetterSchema, letters);
  return batchOf(deadLetterSchema, letters, Buffer.concat(identities as Uint8Array[]));
}
