/**
 * The input of `pushColumns`: the caller's columns, checked; and their rows as events, where columns cannot be stored.
 */
import { describe } from '../../describe.js';
import { ConfigError, EventError } from '../../errors.js';
import type { Code } from '../../schema/codegen/code.js';
import { compile } from '../../schema/codegen/compile.js';
import { literalKey } from '../../schema/codegen/names.js';
import {
  type Identified,
  identityBytes,
  rowIdentity,
  withIdentity,
} from '../../schema/columns/row-identity.js';
import { anyColumn, type Schema } from '../../schema/columns/schema.js';
import { specOf } from '../../schema/columns/types/table.js';

/** Columns of which each has enough values. */
export interface CheckedColumns {
  /** In the schema's order; an empty array where an optional one was not given. */
  readonly columns: readonly ArrayLike<unknown>[];
  /** What `withIdentity` has given them: one for each row, or the bytes of all. */
  readonly identities: readonly Uint8Array[] | Uint8Array | undefined;
  /** The event that row `i` is. */
  eventAt(i: number): Record<string, unknown>;
}

type Values = ArrayLike<unknown> | null | undefined;

/** Checks what `pushColumns` receives for a schema: made once for a producer. */
export class ColumnsCheck {
  readonly #names: readonly string[];
  /** Functions that make events, by which columns they take. */
  readonly #makers = new Map<string, MakeEvents>();

  constructor(private readonly schema: Schema) {
    this.#names = Object.keys(schema.columns);
  }

  /** @throws EventError when a column is missing, unknown, or has fewer than `length` values; ConfigError */
  check(given: object, length: number): CheckedColumns {
    if (!Number.isInteger(length) || length < 0) throw new ConfigError('length', length, 'a number of rows');
    const { schema } = this;
    if (this.#names[0] === anyColumn) {
      throw new ConfigError('schema', undefined, 'a flow with a schema; without one, events have no columns');
    }
    if (typeof given !== 'object' || given === null) {
      throw new EventError(
        'type',
        schema.name,
        undefined,
        `got ${describe(given)}; expected an object of columns`,
      );
    }
    const columns: ArrayLike<unknown>[] = [];
    let present = 0;
    for (const name of this.#names) {
      const values = valuesOf(given, name);
      const missing = values === undefined || values === null;
      if (missing && schema.columns[name]?.nullable !== true) {
        // An unknown column is often a misspelt one: the better hint.
        this.#refuseUnknown(given);
        throw new EventError('missing', schema.name, name, 'missing; expected an array');
      }
      if (!missing && !(values.length >= length)) {
        const message = `got ${describe(values)}; expected an array of at least ${length} values`;
        throw new EventError('type', schema.name, name, message);
      }
      columns.push(missing ? none : values);
      if (!missing) present++;
    }
    let keys = 0;
    for (const _ in given) keys++;
    if (keys !== present) this.#refuseUnknown(given);
    const identities = this.#identitiesIn(given, length);
    let eventAt: ((i: number) => Record<string, unknown>) | undefined;
    return {
      columns,
      identities,
      eventAt: (i) => {
        eventAt ??= this.#makerOf(columns)(columns);
        const event = eventAt(i);
        return identities === undefined ? event : withIdentity(event, identityAt(identities, i));
      },
    };
  }

  /** What `withIdentity` has given the columns. */
  #identitiesIn(given: Identified, length: number): CheckedColumns['identities'] {
    const identities = given[rowIdentity];
    if (identities === undefined || identities === null) return undefined;
    if (Array.isArray(identities) && identities.length >= length) return identities;
    if (identities instanceof Uint8Array && identities.length >= identityBytes * length) return identities;
    const message = `got ${describe(identities)} for their identities; expected an array of at least ${length}`;
    throw new EventError('type', this.schema.name, undefined, message);
  }

  #makerOf(columns: readonly ArrayLike<unknown>[]): MakeEvents {
    const takes = columns.map((values) =>
      values === none ? 'nothing' : takesFlags(values) ? 'flags' : 'values',
    );
    const key = takes.join();
    let maker = this.#makers.get(key);
    if (maker === undefined) {
      maker = compileEvents(this.schema, takes);
      this.#makers.set(key, maker);
    }
    return maker;
  }

  #refuseUnknown(given: object): void {
    for (const [name, values] of Object.entries(given)) {
      if (values === undefined || values === null || Object.hasOwn(this.schema.columns, name)) continue;
      throw new EventError('unknown', this.schema.name, name, 'unknown column');
    }
  }
}

function identityAt(identities: readonly Uint8Array[] | Uint8Array, i: number): Uint8Array {
  if (!(identities instanceof Uint8Array)) return identities[i] as Uint8Array;
  return identities.subarray(identityBytes * i, identityBytes * (i + 1));
}

/** Only an own property is a column. */
function valuesOf(given: object, name: string): Values {
  const values = (given as Record<string, Values>)[name];
  return values === undefined || Object.hasOwn(given, name) ? values : undefined;
}

/** In place of an optional column that is not given. */
const none: ArrayLike<unknown> = [];

/** A column of booleans may come as the Uint8Array that batches give. */
function takesFlags(values: ArrayLike<unknown>): boolean {
  return values instanceof Uint8Array;
}

type MakeEvents = (columns: readonly ArrayLike<unknown>[]) => (i: number) => Record<string, unknown>;

/** How a column came, by its position. */
type Takes = readonly ('nothing' | 'flags' | 'values')[];

/** Makes a function that makes event `i` by a literal, so that all events share one hidden class. */
function compileEvents(schema: Schema, takes: Takes): MakeEvents {
  return compile<MakeEvents>([schema.name, 'events'], ['columns'], eventsCode(schema, takes));
}

/** The body of a function of `columns`, in the schema's order. */
export function eventsCode(schema: Schema, takes: Takes): Code {
  const properties = Object.entries(schema.columns).flatMap(([name, { type }], k) => {
    if (takes[k] === 'nothing') return [];
    const spec = specOf(type);
    const value = `columns[${k}][i]`;
    const isElement = takes[k] === 'flags' && spec.cell === 'fixed' && spec.array === 'U8';
    return [`${literalKey(name)}: ${isElement ? spec.valueOf(value) : value},`];
  });
  return ['return function eventAt(i) {', ['return {', properties, '};'], '};'];
}
