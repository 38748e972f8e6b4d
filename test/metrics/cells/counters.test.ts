/**
 * A writer's cells: its counters and its journal lie apart.
 */
import { describe, expect, it } from 'vitest';
import {
  assertApart,
  Counters,
  createCounterMemory,
  flusherCell,
  journalAt,
} from '../../../dist/src/metrics/cells/counters.js';
import { Settlement } from '../../../dist/src/metrics/cells/settlement.js';

describe("a writer's cells", () => {
  it('should be refused when two counters have the same', () => {
    expect(() => assertApart({ ...flusherCell, more: flusherCell.restarts })).toThrow('the same cell');
  });

  it('should be refused when a counter has one of the journal', () => {
    expect(() => assertApart({ ...flusherCell, last: journalAt - 1 })).not.toThrow();
    expect(() => assertApart({ ...flusherCell, last: journalAt })).toThrow('a cell of the journal');
  });

  it('should hold as many endings as a journal has room for', () => {
    const counters = new Counters(createCounterMemory(1), 0, flusherCell);
    const endings = Object.keys(flusherCell) as (keyof typeof flusherCell)[];
    expect(() => new Settlement(counters, endings.slice(0, 8))).not.toThrow();
    expect(() => new Settlement(counters, endings.slice(0, 9))).toThrow('notes 8 endings, not 9');
  });
});
