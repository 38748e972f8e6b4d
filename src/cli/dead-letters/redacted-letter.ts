/**
 * What of a letter is shown: members of its row, and values in its error's text, are redacted by their names.
 */
import { Redactor, usualCensor, usualNames } from '../../redact/redactor.js';
import type { StoredLetter } from './letter-file.js';
import type { ShowSettings } from './settings.js';

export function redactorOf({ redact }: ShowSettings): Redactor {
  return new Redactor(redact === false ? undefined : { paths: redact ?? usualNames, censor: usualCensor });
}

/** The letter with its error's text and its row as they are shown. A row without anything to redact stays as it is. */
export function redactedLetter(letter: StoredLetter, redactor: Redactor): StoredLetter {
  return { ...letter, message: redactor.text(letter.message), row: redactedRow(letter.row, redactor) };
}

/** Only what is redacted is written anew: numbers keep their digits otherwise. */
function redactedRow(row: string, redactor: Redactor): string {
  try {
    const event: unknown = JSON.parse(row);
    const shown = JSON.stringify(redactor.value(event));
    return shown === JSON.stringify(event) ? row : shown;
  } catch {
    // No JSON any more: its members have no names.
    return row;
  }
}
