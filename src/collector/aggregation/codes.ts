/**
 * Values of label columns as small whole numbers, the same in every batch: to find a series by numbers costs a fraction
 * of what it costs by texts.
 */
import type { Column } from '../../schema/columns/columns.js';
import type { LabelColumn } from '../../schema/columns/views/label-column.js';
import { isValid } from '../../schema/columns/views/validity.js';
import type { TextColumn } from '../../schema/columns/views/variable-column.js';
import { TextCodes } from './text-codes.js';

/** A column of a batch, as this thread reads it. */
export type ColumnData = ArrayLike<number | bigint> | LabelColumn<null> | TextColumn<null>;

export interface Codes {
  /**
   * The codes of a batch's rows.
   *
   * @param into receives them.
   * @param validity of an optional column.
   */
  read(column: ColumnData, rows: number, into: Int32Array, validity?: Uint8Array): void;
  /** The label's value. */
  textOf(code: number): string;
  /** How many codes there are; they are forgotten together when there are too many. */
  readonly size: number;
  clear(): void;
}

/** Texts and their codes; 0 is the empty text, that of a missing value. */
export class Interner {
  readonly #codes = new Map<string, number>([['', 0]]);
  readonly #texts: string[] = [''];

  codeOf(text: string): number {
    let code = this.#codes.get(text);
    if (code === undefined) {
      code = this.#texts.length;
      this.#codes.set(text, code);
      this.#texts.push(text);
    }
    return code;
  }

  textOf(code: number): string {
    return this.#texts[code] as string;
  }

  get size(): number {
    return this.#texts.length;
  }

  clear(): void {
    this.#codes.clear();
    this.#codes.set('', 0);
    this.#texts.length = 1;
  }
}

abstract class InternedCodes implements Codes {
  protected readonly interner = new Interner();

  abstract read(column: ColumnData, rows: number, into: Int32Array, validity?: Uint8Array): void;

  textOf(code: number): string {
    return this.interner.textOf(code);
  }

  get size(): number {
    return this.interner.size;
  }

  clear(): void {
    this.interner.clear();
  }
}

class LabelCodes extends InternedCodes {
  read(column: ColumnData, rows: number, into: Int32Array): void {
    const { ids, dictionary } = column as LabelColumn<null>;
    const codes = dictionary.map((text) => this.interner.codeOf(text));
    for (let row = 0; row < rows; row++) {
      const id = ids[row] as number;
      into[row] = id < 0 ? 0 : (codes[id] as number);
    }
  }
}

/** Numbers and bools of any kind, by their texts; also where there is none. */
class NumberCodes extends InternedCodes {
  constructor(private readonly textOfValue: (value: number | bigint) => string) {
    super();
  }

  read(column: ColumnData, rows: number, into: Int32Array, validity?: Uint8Array): void {
    const values = column as ArrayLike<number | bigint>;
    for (let row = 0; row < rows; row++) {
      into[row] = isValid(validity, row)
        ? this.interner.codeOf(this.textOfValue(values[row] as number | bigint))
        : 0;
    }
  }
}

/** Integers of at most 32 bits are their own codes. */
const integers: Codes = {
  read(column, rows, into) {
    const values = column as ArrayLike<number>;
    for (let row = 0; row < rows; row++) into[row] = values[row] as number;
  },
  textOf: String,
  size: 0,
  clear() {},
};

const boolText = (value: number | bigint) => String(value === 1);
const booleans: Codes = { ...integers, textOf: boolText };

/**
 * The codes of a column.
 *
 * @param template makes a label of a text; undefined: the text is the label.
 */
export function codesOf(
  { type, nullable }: Pick<Column, 'type' | 'nullable'>,
  template?: (text: string) => string,
): Codes {
  if (type === 'label') return new LabelCodes();
  if (type === 'string') return new TextCodes(template);
  if (type === 'bool') return nullable ? new NumberCodes(boolText) : booleans;
  return /^u?int(8|16|32)$/.test(type) && !nullable ? integers : new NumberCodes(String);
}
