/**
 * Damages that no test can find, each with the reason: the damaged code does the same. They do not count as survivors.
 *
 * A mark names its place by the file, the declarations around it and the text, so that it moves with the code. A mark
 * that fits no damage any more is an error: the code has changed, and the reason may no longer hold.
 */
import type { Kind } from './damage.js';

export interface Equivalent {
  readonly file: string;
  readonly within: string;
  readonly kind: Exclude<Kind, 'chosen'>;
  /** The damaged text, with each run of white space as one blank. */
  readonly before: string;
  /** What stands there afterwards; missing where each damage of the kind at this text is meant. */
  readonly after?: string;
  readonly reason: string;
}

export const equivalents: readonly Equivalent[] = [
  {
    file: 'src/flow/sourcing/units.ts',
    within: 'Units.#acknowledge',
    kind: 'swap',
    before: "counters.add('handedBack', units.length); trouble('acknowledge', error);",
    reason:
      'The count is read by other threads, and the error is posted to one: neither comes by way of the other.',
  },
  {
    file: 'src/schema/write/plain-writer.ts',
    within: 'PlainWriter.#writeFlat',
    kind: 'swap',
    before: 'kinds |= int32Kind << shift; words[at++] = int;',
    reason: 'Both are of a record that no other thread sees before its row is published.',
  },
  {
    file: 'src/flow/reports.ts',
    within: 'Reports.end',
    kind: 'swap',
    before: "this.failures.end(); this.emit('close');",
    reason: 'A listener that iterates over errors meets the end at its first step in either order.',
  },
  {
    file: 'src/sinks/http/client/turns.ts',
    within: 'Turns.take',
    kind: 'swap',
    before: "this.#waiting.add(turn); signal.addEventListener('abort', abort, { once: true });",
    reason: 'No other code runs between the two, so that no abort comes there.',
  },
  {
    file: 'src/flow/lifecycle.ts',
    within: 'Lifecycle.fail',
    kind: 'drop',
    before: 'this.parts.supervisor.abort();',
    reason: 'The abort of the limit in the next line makes drain() abort the flushes in the same turn.',
  },
];
