/**
 * `batchflow dead-letters purge`: deletes letters, without delivering them.
 */
import { count } from '../number-text.js';
import { noLettersYet, withLetters } from './letter-file.js';
import type { PurgeSettings } from './settings.js';

/** @returns the exit code. */
export async function purge(settings: PurgeSettings): Promise<number> {
  if (noLettersYet(settings) && settings.ids?.length === 0) {
    console.log(`${count(0, 'dead letter')} deleted`);
    return 0;
  }
  return withLetters(settings, 'write', (letters) => {
    letters.checkIds(settings.ids ?? []);
    console.log(`${count(letters.purge(settings), 'dead letter')} deleted`);
    return 0;
  });
}
