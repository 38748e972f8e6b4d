/**
 * `batchflow dead-letters purge`: deletes letters, without delivering them.
 */
import { count } from '../number-text.js';
import { withLetters } from './letter-file.js';
import type { PurgeSettings } from './settings.js';

/** @returns the exit code. */
export function purge(settings: PurgeSettings): Promise<number> {
  return withLetters(settings, 'write', (letters) => {
    letters.checkIds(settings.ids ?? []);
    console.log(`${count(letters.purge(settings), 'dead letter')} deleted`);
    return 0;
  });
}
