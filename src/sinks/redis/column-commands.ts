/**
 * Commands that are made of columns: lists of arguments, some fixed, some values of each row.
 */
import { argument } from '../../redis/wire/commands.js';
import type { Batch } from '../../schema/read/batch.js';
import { pieceOf } from '../wire/copy-bytes.js';
import type { TextCells } from '../wire/text-cells.js';
import type { RowEncoder } from './row-commands.js';
import { RedisRowError } from './row-error.js';
import { type Step, writeCommand } from './wire/command-rows.js';

/** Makes the values of an argument for a batch. */
export type Values = (batch: Batch) => TextCells;

/** An argument of a command. */
export type Argument =
  | string
  /** A value that each row needs; `what` names it where a row lacks it. */
  | { readonly values: Values; readonly what: string }
  /** Two arguments, a name and a value, which are left out for rows without a value. */
  | { readonly pair: string; readonly values: Values };

/**
 * An encoder of commands.
 *
 * @param commands the commands of a row, each from its name on.
 * @param skips as of the encoder.
 */
export function columnCommands(commands: readonly (readonly Argument[])[], skips = false): RowEncoder {
  return {
    commandsOfRow: commands.length,
    skips,
    encode(batch) {
      const made = new Map<Values, TextCells>();
      const cellsOf = (values: Values) => {
        const cells = made.get(values) ?? values(batch);
        made.set(values, cells);
        return cells;
      };
      const bad = new Map<number, Error>();
      const all = commands.map((each) => {
        addBad(bad, batch, each, cellsOf);
        return stepsOf(each, cellsOf);
      });
      const first = all[0] as readonly Step[];
      if (all.length === 1) return { bad, write: (into, row) => writeCommand(into, first, row) };
      return {
        bad,
        write(into, row) {
          for (const steps of all) writeCommand(into, steps, row);
        },
      };
    },
  };
}

/** Find rows of which the command cannot be made. */
function addBad(
  bad: Map<number, Error>,
  batch: Batch,
  args: readonly Argument[],
  cellsOf: (values: Values) => TextCells,
): void {
  const optional: TextCells[] = [];
  for (const each of args) {
    if (typeof each === 'string') continue;
    const cells = cellsOf(each.values);
    if ('pair' in each) {
      optional.push(cells);
      continue;
    }
    for (let row = 0; row < batch.length; row++) {
      if ((cells.ends[row] as number) < 0 && !bad.has(row)) {
        bad.set(row, new RedisRowError(`the row has no value for ${each.what}`));
      }
    }
  }
  if (optional.length === 0) return;
  for (let row = 0; row < batch.length; row++) {
    if (bad.has(row) || optional.some(({ ends }) => (ends[row] as number) >= 0)) continue;
    bad.set(row, new RedisRowError('the row has no value in any of the columns that are stored'));
  }
}

/** Fixed arguments go with the value behind them. */
function stepsOf(args: readonly Argument[], cellsOf: (values: Values) => TextCells): Step[] {
  const steps: Step[] = [];
  let fixed: Buffer[] = [];
  const sign = Buffer.from('$');
  for (const each of args) {
    if (typeof each === 'string') {
      fixed.push(argument(each));
      continue;
    }
    const cells = cellsOf(each.values);
    if ('pair' in each) {
      // A row may lack the pair alone.
      if (fixed.length > 0)
        steps.push({ lead: pieceOf(Buffer.concat(fixed)), cells: undefined, count: fixed.length });
      steps.push({ lead: pieceOf(Buffer.concat([argument(each.pair), sign])), cells, count: 2 });
    } else {
      steps.push({ lead: pieceOf(Buffer.concat([...fixed, sign])), cells, count: fixed.length + 1 });
    }
    fixed = [];
  }
  if (fixed.length > 0)
    steps.push({ lead: pieceOf(Buffer.concat(fixed)), cells: undefined, count: fixed.length });
  return steps;
}
