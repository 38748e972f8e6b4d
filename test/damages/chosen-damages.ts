/**
 * Finds the places of the chosen damages.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Chosen, chosen } from './chosen/index.js';
import type { Damage } from './damage.js';

/**
 * @param files those whose damages are wanted; empty: all.
 * @throws Error when a file does not have the text of one exactly once.
 */
export function chosenDamages(
  root: string,
  files: readonly string[] = [],
  list: readonly Chosen[] = chosen,
): Damage[] {
  return list
    .filter(({ file }) => files.length === 0 || files.includes(file))
    .map(({ file, find, put, why }) => {
      const text = readFileSync(join(root, file), 'utf8');
      const times = text.split(find).length - 1;
      if (times !== 1) throw new Error(`${file} has this ${times} times: ${find}`);
      const start = text.indexOf(find);
      const place = { file, start, end: start + find.length, within: '' };
      return { ...place, kind: 'chosen', before: find, after: put, why };
    });
}
