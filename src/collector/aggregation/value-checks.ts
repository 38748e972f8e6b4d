/**
 * Which values no metric can have: an event with one is rejected, and counted with the reason.
 */
import type { Batch } from '../../schema/read/batch.js';
import type { RejectReason } from '../events/own-groups.js';
import type { EventDefinition } from '../series/event-definition.js';

export interface RowCheck {
  readonly reason: RejectReason;
  /** The rows that are rejected. */
  refuses(batch: Batch): readonly number[];
}

const nothing: readonly number[] = [];

export function checksOf({ named, groups, allowed }: EventDefinition): RowCheck[] {
  const signed = new Map<string, boolean>();
  if (named !== undefined) signed.set('value', named !== 'counter');
  for (const { metrics } of groups) {
    for (const { value, isSigned } of metrics)
      if (value !== undefined) signed.set(value, isSigned && (signed.get(value) ?? true));
  }
  return [
    ...[...signed].flatMap(([column, isSigned]) => numberChecks(column, isSigned)),
    ...Object.entries(allowed).map(([column, values]) => valueCheck(column, values)),
  ];
}

function numberChecks(column: string, isSigned: boolean): RowCheck[] {
  const valuesOf = (batch: Batch) => batch.columns[column] as ArrayLike<number>;
  const finite: RowCheck = {
    reason: 'not_finite',
    refuses: (batch) => rowsWhere(valuesOf(batch), batch.length, (value) => !Number.isFinite(value)),
  };
  const positive: RowCheck = {
    reason: 'negative',
    refuses: (batch) => rowsWhere(valuesOf(batch), batch.length, (value) => value < 0),
  };
  return isSigned ? [finite] : [finite, positive];
}

function rowsWhere(values: ArrayLike<number>, rows: number, refuses: (value: number) => boolean) {
  let found: number[] | undefined;
  for (let row = 0; row < rows; row++) {
    if (!refuses(values[row] as number)) continue;
    found ??= [];
    found.push(row);
  }
  return found ?? nothing;
}

function valueCheck(column: string, allowed: readonly string[]): RowCheck {
  return {
    reason: 'unknown_value',
    refuses(batch) {
      const { ids, dictionary } = batch.columns[column] as unknown as {
        ids: Int32Array;
        dictionary: string[];
      };
      const refused = dictionary.map((text) => !allowed.includes(text));
      if (!refused.includes(true)) return nothing;
      return rowsWhere(ids, batch.length, (id) => id < 0 || refused[id] === true);
    },
  };
}
