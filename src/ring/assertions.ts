/**
 * The switch of the ring's assertions: on in the project's tests, and there only at moments when a thread's plain loads
 * show the words as they are.
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
