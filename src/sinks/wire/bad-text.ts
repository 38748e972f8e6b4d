/**
 * Texts that a database cannot hold: NUL characters, where it has none, and halves of surrogate pairs, which have no
 * UTF-8. By the policy of the options they are replaced, or their rows are refused, each alone.
 *
 * Looking at each text would make strings of all of them. So the bytes of a batch's texts are looked through at once,
 * and nearly always that is all.
 */
import { textMode } from '../../schema/codec/text-codec.js';
import type { RawText } from '../../schema/columns/views/raw-bytes.js';
import { JsonColumn } from '../../schema/columns/views/variable-column.js';
import type { Batch } from '../../schema/read/batch.js';

/** A row that is refused for a text which the database cannot hold. No retry would help. */
export class BadTextError extends Error {
  override readonly name = 'BadTextError';
  readonly code = 'ERR_BAD_TEXT';
  readonly reason = 'value';
  readonly stage = 'generate';

  constructor(column: string) {
    super(`column "${column}" has a NUL character or half a surrogate pair, which the database cannot hold`);
  }
}

/** Whether one of these texts may be one that the database cannot hold. @param nul whether it holds NUL. */
export function mayBeBad({ bytes, mode }: Pick<RawText, 'bytes' | 'mode'>, nul: boolean): boolean {
  if (mode === textMode.wtf8) return true;
  // A Buffer's search is the machine's own; that of an array looks at one byte after the other.
  return !nul && Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).includes(0);
}

/** A text that the database can hold, with U+FFFD in place of what it cannot. */
export function replaceBad(text: string, nul: boolean): string {
  const whole = text.toWellFormed();
  return nul ? whole : whole.replaceAll('\0', '\ufffd');
}

/** Escapes in JSON's text: a surrogate pair, half of one, NUL, others. */
const escapes = /\\(?:ud[89ab][0-9a-f]{2}\\ud[c-f][0-9a-f]{2}|u[0-9a-f]{4}|.)/gis;
const lone = /^\\ud[89a-f][0-9a-f]{2}$/i;

/** JSON's text without escapes that a database which reads them cannot hold. @param nul whether it holds NUL. */
export function replaceBadEscapes(json: string, nul: boolean): string {
  return json.replace(escapes, (found) =>
    lone.test(found) || (!nul && found === '\\u0000') ? '\\ufffd' : found,
  );
}

/** A column whose texts the database has to hold, and what becomes of those that it cannot. */
export interface TextColumnRule {
  readonly name: string;
  readonly replaced: (text: string) => string;
}

/** The rows with a text that the database cannot hold, each with its error. */
export function badRows(batch: Batch, columns: readonly TextColumnRule[]): Map<number, BadTextError> {
  const found = new Map<number, BadTextError>();
  for (const { name, replaced } of columns) {
    const view = batch.columns[name] as TextView | JsonColumn<unknown, null>;
    const texts: TextView = view instanceof JsonColumn ? view.text : view;
    for (let i = 0; i < batch.length; i++) {
      const text = texts.get(i);
      if (text !== null && replaced(text) !== text) found.set(i, new BadTextError(name));
    }
  }
  return found;
}

interface TextView {
  get(i: number): string | null;
}
