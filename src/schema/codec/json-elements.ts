/**
 * Finds where the elements of a JSON array stand in its text, for those that are asked for.
 */
import { firstElement, nextElement } from './json-scan.js';

export class JsonElements {
  /** The element that was found last; -1 before the first. */
  #index = -1;
  #start = 0;

  /** @param text JSON: an array, or one value, which counts as the only element. */
  constructor(private readonly text: string) {}

  /**
   * The place of an element. The text up to it is read once.
   *
   * @param index not less than that of the call before.
   */
  startOf(index: number): number {
    if (this.#index < 0) {
      this.#start = firstElement(this.text, 0);
      this.#index = 0;
    }
    for (; this.#index < index; this.#index++) this.#start = nextElement(this.text, this.#start);
    return this.#start;
  }
}
