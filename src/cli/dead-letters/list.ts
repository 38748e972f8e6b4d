/**
 * `batchflow dead-letters list`: the newest letters, one a line.
 */

import pc from 'picocolors';
import { visible } from '../../describe.js';
import type { Redactor } from '../../redact/redactor.js';
import { count, wholeText } from '../number-text.js';
import { type LetterFile, noLettersYet, type StoredLetter, withLetters } from './letter-file.js';
import { errorText, jsonOf, timeText } from './letter-text.js';
import { redactedLetter, redactorOf } from './redacted-letter.js';
import type { ListSettings } from './settings.js';

const headings = ['ID', 'FAILED AT', 'SCHEMA', 'REASON', 'TRIES', 'ERROR'];
/** Numbers stand under each other's last digits. */
const toTheRight = new Set([0, 4]);
const maxErrorLength = 80;

/** @returns the exit code. */
export async function list(settings: ListSettings): Promise<number> {
  if (noLettersYet(settings)) {
    if (!settings.json) console.log(totals([]));
    return 0;
  }
  return withLetters(settings, 'read', (letters) => {
    const redactor = redactorOf(settings);
    if (settings.json)
      for (const letter of letters.newest(settings, settings.limit))
        console.log(jsonLine(redactedLetter(letter, redactor)));
    else showTable(letters, settings, redactor);
    return 0;
  });
}

function showTable(letters: LetterFile, settings: ListSettings, redactor: Redactor): void {
  const lines = Array.from(letters.newest(settings, settings.limit), (letter) =>
    cells(redactedLetter(letter, redactor)),
  );
  if (lines.length > 0) {
    const all = [headings, ...lines];
    const widths = headings.map((_, i) => Math.max(...all.map((line) => (line[i] as string).length)));
    all.forEach((line, i) => {
      const padded = line.map((cell, k) =>
        toTheRight.has(k) ? cell.padStart(widths[k] as number) : cell.padEnd(widths[k] as number),
      );
      const text = padded.join('  ').trimEnd();
      console.log(i === 0 ? pc.dim(text) : text);
    });
    console.log();
  }
  console.log(totals(letters.counts(settings)));
}

function cells(letter: StoredLetter): string[] {
  const { id, failedAt, schema, reason, attempts } = letter;
  const error = visible(errorText(letter));
  const short = error.length > maxErrorLength ? `${error.slice(0, maxErrorLength - 1)}…` : error;
  return [String(id), timeText(failedAt), visible(schema), visible(reason), String(attempts), short];
}

/** "12 dead letters: clicks 7 fatal, 3 retries; requests 2 crash" */
function totals(counts: ReturnType<LetterFile['counts']>): string {
  const schemas = new Map<string, string[]>();
  let all = 0;
  for (const { schema, reason, letters } of counts) {
    all += letters;
    const reasons = schemas.get(schema) ?? [];
    reasons.push(`${wholeText(letters)} ${visible(reason)}`);
    schemas.set(schema, reasons);
  }
  const parts = [...schemas].map(([schema, reasons]) => `${visible(schema)} ${reasons.join(', ')}`);
  return `${count(all, 'dead letter')}${parts.length > 0 ? `: ${parts.join('; ')}` : ''}`;
}

/** Columns and row as JSON, not as texts of JSON, unless they cannot be read any more. */
function jsonLine(letter: StoredLetter): string {
  const members = Object.entries(letter).map(([name, value]: [string, unknown]) => {
    const isJson = (name === 'columns' || name === 'row') && typeof value === 'string';
    return `${JSON.stringify(name)}:${(isJson && jsonOf(value)) || JSON.stringify(value)}`;
  });
  return visible(`{${members.join(',')}}`);
}
