/**
 * When the ring's assertions are made: in the project's tests, and there only while the words can be judged.
 */

/** Set for the project's own tests; their threads and child processes inherit it. */
export const asserting = process.env.BATCHFLOW_ASSERT === '1';

let condition = (): boolean => true;

/** Whether an assertion is to be made at this moment. */
export function mayAssert(): boolean {
  return condition();
}

/**
 * Make assertions only while a condition holds.
 *
 * A simulator continues a thread by calling it from its start and feeding it the results of its past operations.
 * Meanwhile the words are newer than what the thread does, and no rule holds between the two.
 */
export function assertOnlyWhile(holds: () => boolean): void {
  condition = holds;
}
