/**
 * Damages chosen by a seed, of all that the tool can make in the rooms that it damages.
 */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Damage, identityOf } from './damage.js';
import { sourcesOf } from './damaged-copy.js';
import { findDamages } from './find-damages.js';

/** Rooms whose damages are tried at random. */
export const rooms = ['ring', 'flow', 'schema', 'metrics', 'sinks', 'server'];

/**
 * @param files those to damage; empty: all files of the rooms.
 * @returns all damages, in the order of a seed. A damage keeps its place among the others when its file changes
 * elsewhere: the order is that of a hash of what it is.
 */
export function randomDamages(root: string, seed: number, files: readonly string[]): Damage[] {
  const inRooms = (file: string) => rooms.some((room) => file.startsWith(`src/${room}/`));
  const chosen = sourcesOf(root).filter((file) => (files.length > 0 ? files.includes(file) : inRooms(file)));
  const seen = new Map<string, number>();
  return chosen
    .flatMap((file) => findDamages(file, readFileSync(join(root, file), 'utf8')))
    .map((damage) => {
      const identity = identityOf(damage);
      const times = seen.get(identity) ?? 0;
      seen.set(identity, times + 1);
      const place = createHash('sha256').update(`${seed}\n${times}\n${identity}`).digest('hex');
      return { damage, place };
    })
    .sort((a, b) => (a.place < b.place ? -1 : 1))
    .map(({ damage }) => damage);
}
