/**
 * `batchflow dead-letters show`: everything of one letter.
 */
import { inspect } from 'node:util';
import pc from 'picocolors';
import { messageOf, visible, visibleLines } from '../../describe.js';
import type { Redactor } from '../../redact/redactor.js';
import { schemaOfText } from '../../schema/columns/schema-text.js';
import { rowOfText } from '../../schema/read/row-text.js';
import { ExpectedError } from '../expected-error.js';
import { type StoredLetter, withLetters } from './letter-file.js';
import { errorText, indented, jsonOf, timeText } from './letter-text.js';
import { redactedLetter, redactorOf } from './redacted-letter.js';
import type { ShowSettings } from './settings.js';

/** @returns the exit code. */
export function show(id: number, place: ShowSettings): Promise<number> {
  return withLetters(place, 'read', (letters) => {
    const stored = letters.get(id);
    if (stored === undefined) throw new ExpectedError(`${place.file} has no letter ${id}`);
    const redactor = redactorOf(place);
    const letter = redactedLetter(stored, redactor);
    const facts: [string, string][] = [
      ['letter', String(id)],
      ['flow', letter.flow],
      ['schema', letter.schema],
      ['reason', letter.reason],
      ['error', errorText(letter)],
      ['error kind', letter.errorReason ?? 'unknown'],
      ['attempts', String(letter.attempts)],
      ['first tried', timeText(letter.firstTriedAt)],
      ['failed', timeText(letter.failedAt)],
      ['columns', letter.columns],
      ['identity', letter.identity ?? 'none: written by version 0.1'],
    ];
    for (const [name, value] of facts) console.log(`${pc.dim(name.padEnd(12))} ${visible(value)}`);
    console.log(`${pc.dim('row')}\n${rowLines(stored, letter.row, redactor)}`);
    return 0;
  });
}

/** The row as it is stored; values whose text says nothing to people, decoded. */
function rowLines(
  { schema: name, columns, row: stored }: StoredLetter,
  row: string,
  redactor: Redactor,
): string {
  try {
    const schema = schemaOfText(name, columns);
    const event: unknown = redactor.value(rowOfText(schema, stored));
    if (Object.values(schema.columns).some(({ type }) => type === 'any')) {
      return visibleLines(
        inspect(event, { depth: null, maxArrayLength: null, maxStringLength: null, breakLength: 100 }),
      );
    }
    return visibleLines(indented(jsonOf(row) as string));
  } catch (error) {
    const json = jsonOf(row);
    const text = json === undefined ? visible(row) : visibleLines(indented(json));
    return `${text}\n${pc.yellow(`It cannot be read as a row any more: ${visible(messageOf(error))}`)}`;
  }
}
