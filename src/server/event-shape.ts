/**
 * Finds most events that do not fit a schema, without an error: for lines of which only the number matters.
 *
 * `push` reports such an event by an error. That costs twice as much as a short event that fits (Node 20). An event
 * that passes here may still be refused by `push`; an event that is refused here would never pass `push`.
 */
import { type ColumnType, integerRanges } from '../schema/columns/columns.js';
import { anyColumn, type Schema } from '../schema/columns/schema.js';

type Takes = (value: unknown) => boolean;

const takesText: Takes = (value) => typeof value === 'string';
const takesNumber: Takes = (value) => typeof value === 'number';
const takesInteger: Takes = Number.isInteger;

/** The kind of value that `push` takes for a column. Types that are missing take any value. */
const takes: Partial<Record<ColumnType, Takes>> = {
  ...Object.fromEntries(Object.keys(integerRanges).map((type) => [type, takesInteger])),
  bool: (value) => typeof value === 'boolean',
  float32: takesNumber,
  float64: takesNumber,
  bigint64: (value) => typeof value === 'bigint',
  timestamp: (value) => typeof value === 'number' || value instanceof Date,
  bytes: (value) => value instanceof Uint8Array,
  label: takesText,
  string: takesText,
};

export class EventShape {
  readonly #columns: Schema['columns'];
  readonly #takesAll: boolean;
  readonly #checks: readonly ((event: object) => boolean)[];

  constructor({ columns }: Schema) {
    this.#columns = columns;
    this.#takesAll = Object.hasOwn(columns, anyColumn);
    this.#checks = Object.entries(columns).map(([name, { type, nullable }]) => {
      const takesValue = takes[type];
      const [min, max] = integerRanges[type] ?? [Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY];
      return (event) => {
        const value = Object.hasOwn(event, name) ? (event as Record<string, unknown>)[name] : undefined;
        if (value === undefined) return nullable;
        if (takesValue === undefined || (value === null && nullable)) return true;
        return takesValue(value) && (typeof value !== 'number' || (value >= min && value <= max));
      };
    });
  }

  /** Whether a value of JSON may be an event. */
  isEvent(value: unknown): boolean {
    return this.#takesAll || (typeof value === 'object' && value !== null && !Array.isArray(value));
  }

  /** Whether an event may fit, after its conversion from JSON. */
  mayFit(event: unknown): boolean {
    if (this.#takesAll) return true;
    for (const name in event as object) if (!Object.hasOwn(this.#columns, name)) return false;
    return this.#checks.every((check) => check(event as object));
  }
}
