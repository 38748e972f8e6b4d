/**
 * The text of INSERT for any number of rows.
 */
import type { TablePlan } from '../sql/table-plan.js';
import { columnsOf, onDuplicateSql } from './dialect.js';

/** Texts of INSERT for so many rows. */
export class InsertText {
  /** Of the numbers of rows that were asked for last. */
  readonly #texts = new Map<number, string>();

  constructor(
    /** Up to the rows. */
    readonly head: string,
    private readonly row: string,
    /** Behind them. */
    readonly tail: string,
  ) {}

  of(rows: number): string {
    const known = this.#texts.get(rows);
    if (known !== undefined) return known;
    const text = `${this.head}${new Array(rows).fill(this.row).join(', ')}${this.tail}`;
    if (this.#texts.size >= 8) this.#texts.clear();
    this.#texts.set(rows, text);
    return text;
  }
}

/** The text for a plan's rows. @param sql the table's quoted name. */
export function insertText({ schema, identityColumn, conflict }: TablePlan, sql: string): InsertText {
  const names = Object.keys(schema.columns);
  if (identityColumn !== undefined) names.push(identityColumn);
  const row = `(${names.map(() => '?').join(', ')})`;
  const head = `INSERT INTO ${sql} (${columnsOf(names)}) VALUES `;
  return new InsertText(head, row, onDuplicateSql(conflict, names[0] as string));
}
