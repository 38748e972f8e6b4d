/**
 * A value for a `json` column that is a text of JSON already: it is stored as it stands, with all digits of its
 * numbers. `JSON.parse` and `JSON.stringify` would round them.
 */
import { inspect } from 'node:util';

export class JsonText {
  /** @param text JSON without white space around its parts, as `JSON.stringify` writes it. */
  constructor(readonly text: string) {}

  /** For the text of a dead letter's row. */
  [inspect.custom](): string {
    return this.text;
  }
}
