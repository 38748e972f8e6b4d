/**
 * What a replay did: totals, and why letters failed, each reason once however many letters it holds for.
 */

import pc from 'picocolors';
import { visible } from '../../describe.js';
import { count, wholeText } from '../number-text.js';

/** Errors that quote values are all different; past some dozens nobody reads on. */
const maxReasons = 20;
const maxIds = 5;

export class ReplayReport {
  replayed = 0;
  #failed = 0;
  #troubled = false;
  /** By schema and message. */
  readonly #reasons = new Map<string, { text: string; letters: number; ids: number[] }>();

  /** Whether everything went well. */
  get complete(): boolean {
    return this.#failed === 0 && !this.#troubled;
  }

  failed(schema: string, ids: readonly number[], message: string): void {
    this.#failed += ids.length;
    const key = JSON.stringify([schema, message]);
    let reason = this.#reasons.get(key);
    if (reason === undefined) {
      if (this.#reasons.size === maxReasons) return;
      reason = { text: visible(`${schema}: ${message}`), letters: 0, ids: [] };
      this.#reasons.set(key, reason);
    }
    reason.letters += ids.length;
    reason.ids.push(...ids.slice(0, maxIds - reason.ids.length));
  }

  /** Something that went wrong beside the letters. */
  trouble(text: string): void {
    this.#troubled = true;
    console.error(pc.red(text));
  }

  print(stop: AbortSignal): void {
    let told = 0;
    for (const { text, letters, ids } of this.#reasons.values()) {
      told += letters;
      const more = letters > ids.length ? ', …' : '';
      console.error(pc.red(`${count(letters, 'letter')} (${ids.join(', ')}${more}) of ${text}`));
    }
    if (told < this.#failed)
      console.error(pc.red(`${wholeText(this.#failed - told)} more, for other reasons`));
    if (stop.aborted)
      console.error(`${stop.reason}: stopped; the letters that were not tried are as they were`);
    console.log(`${wholeText(this.replayed)} replayed, ${wholeText(this.#failed)} failed again`);
  }
}
