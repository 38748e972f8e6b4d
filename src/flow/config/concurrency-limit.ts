/**
 * A limit on flushes at a time: of one flow, or of all flows that are given the same one.
 */
import { custom, integer, union } from '../../options/rules.js';
import { createPermitMemory, isPermitMemory, maxPermits } from '../../permits/permit-memory.js';
import type { ConcurrencyLimit } from '../api/settings.js';

const permits = integer(1, maxPermits);

export const concurrencyLimitRule = union(
  `an integer from 1 to ${maxPermits}, or what createConcurrencyLimit() returned; leave it out for no limit`,
  permits,
  custom<ConcurrencyLimit>(isPermitMemory, 'what createConcurrencyLimit() returned'),
);

/**
 * Make a limit for several flows of this process: together they have at most so many batches in flight. It is plain
 * data around shared memory, which can be posted to other threads.
 *
 * @param flushes from 1 to 1024.
 * @throws ConfigError for another number.
 * @example
 * const concurrencyLimit = createConcurrencyLimit(4);
 * const requests = await createBatchFlow({ schema: Request, sink, flushers: 4, concurrencyLimit });
 * const logins = await createBatchFlow({ schema: Login, sink, flushers: 4, concurrencyLimit });
 */
export function createConcurrencyLimit(flushes: number): ConcurrencyLimit {
  return createPermitMemory(permits.check(flushes, 'createConcurrencyLimit()'));
}

/** The limit that a setting asks for. */
export function limitOf(given: number | ConcurrencyLimit | undefined): ConcurrencyLimit | undefined {
  return typeof given === 'number' ? createConcurrencyLimit(given) : given;
}
