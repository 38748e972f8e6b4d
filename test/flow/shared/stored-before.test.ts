/**
 * Rows that the target had already, as their producer learns of them.
 */
import { describe, expect, it } from 'vitest';
import { RowLog } from '../../../dist/src/flow/shared/row-log.js';
import { StoredBefore } from '../../../dist/src/flow/shared/stored-before.js';

const kept = () => new StoredBefore(RowLog.create(2, 64).memory);

describe('rows that were there', () => {
  it('have each row once, though a flusher has logged some of them again', () => {
    const log = kept();
    log.add(1, 10, 5, true);
    log.add(1, 12, 2, true);
    log.add(1, 8, 4, true);
    log.add(1, 30, 1, true);
    log.add(0, 0, 100, true);
    expect(log.between(1, 9, 40, 0)).toEqual([
      { first: 0, count: 3 },
      { first: 3, count: 3 },
      { first: 21, count: 1 },
    ]);
    expect(log.between(1, 9, 40, log.logged(1))).toEqual([]);
  });

  it('cannot be told where the target named none, or there was no log', () => {
    const log = kept();
    log.add(0, 0, 10, false);
    expect(log.between(0, 0, 5, 0)).toBeUndefined();
    expect(log.between(0, 20, 25, 0)).toEqual([]);
    const none = new StoredBefore(undefined);
    none.add(0, 0, 1, true);
    expect([none.isKept, none.logged(0), none.between(0, 0, 1, 0)]).toEqual([false, 0, undefined]);
  });
});
