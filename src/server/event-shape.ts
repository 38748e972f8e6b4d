/**
 * Finds most events that do not fit a schema, without an error: for lines of which only the number matters.
 *
 * `push` reports such an event by an error. That costs twice as much as a short event that fits (Node 20). An event
 * that passes here may still be refused by `push`; an event that is refused here would never pass `push`.
 */
import { anyColumn, type Schema } from '../schema/columns/schema.js';
import { specOf } from '../schema/columns/types/table.js';

export class EventShape {
  readonly #columns: Schema['columns'];
  readonly #takesAll: boolean;
  readonly #checks: readonly ((event: object) => boolean)[];

  constructor({ columns }: Schema) {
    this.#columns = columns;
    this.#takesAll = Object.hasOwn(columns, anyColumn);
    this.#checks = Object.entries(columns).map(([name, { type, nullable }]) => {
      const { mayFit } = specOf(type);
      return (event) => {
        const value = Object.hasOwn(event, name) ? (event as Record<string, unknown>)[name] : undefined;
        if (value === undefined) return nullable;
        return (value === null && nullable) || mayFit(value);
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
    for (const name in event as object)
      if (!Object.hasOwn(this.#columns, name) && Object.hasOwn(event as object, name)) return false;
    return this.#checks.every((check) => check(event as object));
  }
}
