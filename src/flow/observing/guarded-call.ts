/**
 * Calls code of the user that only watches: what it throws, or a promise of it rejects with, is counted and never
 * reaches the flow. The first such error is a warning of the process.
 */
import { types } from 'node:util';
import { messageOf, visibleLines } from '../../describe.js';

export class GuardedCall {
  /** How often the user's code has failed. */
  failures = 0;
  #depth = 0;

  /** @param what names that code in the warning. */
  constructor(private readonly what: string) {}

  /** Whether that code is running at this moment. */
  get isRunning(): boolean {
    return this.#depth > 0;
  }

  run<T>(call: () => T): T | undefined {
    this.#depth++;
    try {
      const answer = call();
      // A rejection that nobody handles ends the process.
      if (types.isPromise(answer)) answer.catch((error: unknown) => this.#failed(error));
      return answer;
    } catch (error) {
      this.#failed(error);
      return undefined;
    } finally {
      this.#depth--;
    }
  }

  #failed(error: unknown): void {
    if (this.failures++ > 0) return;
    process.emitWarning(visibleLines(`${this.what} has thrown: ${messageOf(error)}`), 'ObserverWarning');
  }
}
