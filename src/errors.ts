/**
 * Every error this package throws: one class a cause, each with a stable `code`.
 *
 * Catch by `code` (or by class); messages are for people and may change.
 */

import { describe, messageOf, visible } from './describe.js';

/** The base of all errors of this package. */
export abstract class BatchFlowError extends Error {
  /** Stable across versions; starts with `ERR_`. */
  abstract readonly code: string;

  /** @param message may hold names and values as they are: what is no plain text in them is escaped here. */
  constructor(message: string, options?: ErrorOptions) {
    super(visible(message), options);
    this.name = new.target.name;
  }
}

/** A configuration that cannot work: names the key, the value it got and what is allowed. */
export class ConfigError extends BatchFlowError {
  readonly code = 'ERR_CONFIG';

  constructor(
    readonly key: string,
    readonly value: unknown,
    readonly expected: string,
  ) {
    super(`${key}: got ${describe(value)}; expected ${expected}`);
  }
}

/** A schema that cannot be compiled: no columns, an unknown column type, two schemas of one name. */
export class SchemaError extends BatchFlowError {
  readonly code = 'ERR_SCHEMA';
}

/** What can be wrong with a packed message. */
export type PackedFault =
  /** Its bytes are not what a writer wrote, or no message at all. */
  | 'damaged'
  /** A newer version of the form, which this version of the package cannot read. */
  | 'version'
  /** No schema of that name is known here. */
  | 'schema'
  /** The schema is known, with other columns. */
  | 'shape';

/** A packed message that cannot be read. Nothing of it was read. */
export class PackedMessageError extends BatchFlowError {
  readonly code = 'ERR_PACKED_MESSAGE';

  constructor(
    readonly fault: PackedFault,
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}

/** What can be wrong with one event. */
export type EventFault =
  | 'type'
  | 'range'
  | 'missing'
  | 'unknown'
  | 'too_large'
  | 'not_serializable'
  | 'reentrant'
  /** `sharding.by` says no shard for it. */
  | 'shard';

/** One event that does not fit its schema. Nothing of it was written; the flow goes on. */
export class EventError extends BatchFlowError {
  readonly code: 'ERR_EVENT_INVALID' | 'ERR_EVENT_TOO_LARGE';
  /** For `pushMany` and `pushColumns`: which event it was, and so how many before it were accepted. */
  index?: number;

  constructor(
    readonly fault: EventFault,
    readonly schema: string,
    readonly field: string | undefined,
    message: string,
    options?: ErrorOptions,
  ) {
    super(`${schema}${field === undefined ? '' : `.${field}`}: ${message}`, options);
    this.code = fault === 'too_large' ? 'ERR_EVENT_TOO_LARGE' : 'ERR_EVENT_INVALID';
  }
}

/** A push, flush or update on a flow that is closed or closing, or on a producer that is closed. */
export class FlowClosedError extends BatchFlowError {
  readonly code = 'ERR_FLOW_CLOSED';

  constructor(name: string, closed: 'flow' | 'producer' = 'flow') {
    super(closed === 'flow' ? `flow "${name}" is closed` : `this producer of flow "${name}" is closed`);
  }
}

/** Something that only a flow that has ended can give. */
export class FlowOpenError extends BatchFlowError {
  readonly code = 'ERR_FLOW_OPEN';
}

/** A flow that cannot go on: its sink does not open, or its flushers keep dying. */
export class FlowFailedError extends BatchFlowError {
  readonly code = 'ERR_FLOW_FAILED';
}

/** A sink module that cannot be loaded or is not a sink; or a table that does not fit the schema. */
export class SinkError extends BatchFlowError {
  readonly code = 'ERR_SINK';
}

/**
 * A source module that cannot be loaded, is not a source, or does not open; from `sourceError`: what it threw later, or
 * the death of its thread.
 */
export class SourceError extends BatchFlowError {
  readonly code = 'ERR_SOURCE';
}

/** Why rows were given up, or could not be. */
export type GiveUpReason =
  /** The sink said that they will never pass. */
  | 'fatal'
  /** Every attempt failed. */
  | 'retries'
  /** What the sink answered made no sense: nobody knows whether it has them. */
  | 'answer'
  /** Their flusher's thread died each time it had them. */
  | 'crash'
  /** A source could not make rows of what it got; what it got is the dead letter. */
  | 'refused'
  /** The dead letters could not be written; the rows are still in the ring, and are tried again. */
  | 'dead-letters';

/** Rows that a sink did not take: how many, of which schema, and why (`cause`). */
export class FlushError extends BatchFlowError {
  readonly code = 'ERR_FLUSH';
  /** From `flushError` and `errors()`. */
  readonly reason: GiveUpReason | undefined;
  /** Whether all of the rows are kept as dead letters. */
  readonly deadLettered: boolean;
  /**
   * From `committed()`: which rows, by their place among those that the producer pushed since `since` (or since the
   * last call), from 0. May be fewer than `rows`: of very many failures only the latest are remembered one by one,
   * at least as many as the flow's `maxPendingWrites`. From `write`: the one row.
   */
  readonly failed: readonly { first: number; count: number; deadLettered: boolean; message: string }[];

  constructor(
    readonly schema: string,
    readonly rows: number,
    options: ErrorOptions & {
      reason?: GiveUpReason;
      deadLettered?: boolean;
      failed?: FlushError['failed'];
    },
  ) {
    const { reason, deadLettered = false, failed = [] } = options;
    const end =
      reason === 'dead-letters'
        ? 'nor written as dead letters, and stay in the ring'
        : deadLettered
          ? 'and are dead letters now'
          : '';
    super(
      `${rows} row(s) of "${schema}" were not committed${end && `, ${end}`}: ${messageOf(options.cause)}`,
      options,
    );
    this.reason = reason;
    this.deadLettered = deadLettered;
    this.failed = failed;
  }
}

/** Waiting ended before what was waited for: by a time limit or an AbortSignal. */
export class WaitTimeoutError extends BatchFlowError {
  readonly code = 'ERR_WAIT_TIMEOUT';
}

/**
 * A package that is not installed, or this package's own files out of reach since it was bundled. The message names the
 * command or the setting which helps.
 */
export class PackageError extends BatchFlowError {
  readonly code = 'ERR_PACKAGE';
}

/** More producers or pending writes wanted than the flow was made for. */
export class CapacityError extends BatchFlowError {
  readonly code = 'ERR_CAPACITY';
}

/** A task queue that is full; the task was not taken and nothing was overwritten. */
export class QueueFullError extends BatchFlowError {
  readonly code = 'ERR_QUEUE_FULL';

  constructor(readonly capacity: number) {
    super(`the task queue is full (${capacity} tasks)`);
  }
}
