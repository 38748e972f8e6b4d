/**
 * What is wrong with an event, said so that its sender can mend it: the field, what came, what was expected.
 *
 * Only reached when something is wrong; the compiled writer does the checking.
 */
import { describe, messageOf } from '../../describe.js';
import { EventError } from '../../errors.js';
import { isStackOverflow } from '../codec/clone-check.js';
import type { Column } from '../columns/columns.js';
import type { Schema } from '../columns/schema.js';
import { specOf } from '../columns/types/table.js';
import { faultyPart } from './faulty-part.js';

/**
 * The error for a value that a column does not take, or (no field) for an event that is not an object.
 *
 * @param cause what made it impossible to write the value.
 * @param isRefused whether a part of the value is refused, too.
 */
export function eventFault(
  schema: Schema,
  field: string | undefined,
  value: unknown,
  cause?: unknown,
  isRefused: (part: unknown) => boolean = () => false,
): EventError {
  if (field === undefined) {
    return new EventError(
      'type',
      schema.name,
      undefined,
      `got ${describe(value)}; expected an object with the schema's columns`,
    );
  }
  const column = schema.columns[field] as Column;
  if (value === undefined) {
    return new EventError('missing', schema.name, field, `missing; expected ${expectedBy(column)}`);
  }
  if (cause !== undefined) {
    const message = `got ${describe(value)}, which cannot be written: ${reasonOf(value, cause, isRefused)}`;
    return new EventError('not_serializable', schema.name, field, message, { cause });
  }
  const fault = specOf(column.type).isOfKind(value) ? 'range' : 'type';
  return new EventError(fault, schema.name, field, `got ${describe(value)}; expected ${expectedBy(column)}`);
}

/** Receives the error of an event that is refused. @returns it. */
export type Refused = (error: EventError) => EventError;

/** @throws EventError for what is no list of events: a program without types may pass anything. */
export function assertEvents(schema: Schema, events: unknown, refused: Refused): void {
  if (typeof (events as Iterable<unknown> | null | undefined)?.[Symbol.iterator] === 'function') return;
  const message = `got ${describe(events)}; expected an iterable of events`;
  throw refused(new EventError('type', schema.name, undefined, message));
}

/** Make a function that throws for what is surely not meant as an event, though it may have properties of its names. */
export function oddEventCheck(refused: Refused) {
  return (schema: Schema, event: unknown): void => {
    if (typeof event === 'object' && event !== null && !isCollection(event)) return;
    throw refused(eventFault(schema, undefined, event));
  };
}

function isCollection(event: object): boolean {
  return Array.isArray(event) || event instanceof Map || event instanceof Set || event instanceof Date;
}

/**
 * Make a function that throws when an event has a key that its schema has not. It returns when the event only holds
 * more or fewer optional ones.
 */
export function unknownColumnCheck(refused: Refused) {
  return (schema: Schema, event: object): void => {
    for (const key of Object.keys(event)) {
      if (Object.hasOwn(schema.columns, key)) continue;
      const known = Object.keys(schema.columns).join(', ');
      throw refused(new EventError('unknown', schema.name, key, `unknown column; the schema has ${known}`));
    }
  };
}

/** An event whose texts and bytes take more than a block has for them. */
export function eventTooLarge(schema: Schema, bytes: number, room: number): EventError {
  const message = `the event's texts and bytes take ${bytes} bytes; at most ${room} fit; raise blockTextBytes`;
  return new EventError('too_large', schema.name, undefined, message);
}

/** Code that runs while columns are being read, in the midst of a block, pushes or closes. */
export function reentrantPush(schema: Schema): EventError {
  return new EventError(
    'reentrant',
    schema.name,
    undefined,
    'pushed or closed while columns are being read; do it later',
  );
}

/** Why a value cannot be written, with the part of it that is to blame. */
function reasonOf(value: unknown, cause: unknown, isRefused: (part: unknown) => boolean): string {
  if (isStackOverflow(cause)) return 'it is nested too deeply for the stack of this thread';
  // It is nested too deeply, or too long.
  if (cause instanceof RangeError) return messageOf(cause);
  const part = faultyPart(value, isRefused);
  return part === undefined ? messageOf(cause) : `${part}: ${messageOf(cause)}`;
}

function expectedBy({ type, nullable }: Column): string {
  return `${specOf(type).expected}${nullable ? ', or nothing' : ''}`;
}
