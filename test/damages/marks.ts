/**
 * Finds the damages that marks are about.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Damage, oneLine } from './damage.js';
import { type Equivalent, equivalents } from './equivalents.js';
import { findDamages } from './find-damages.js';

/** @returns the mark for a damage, if there is one. */
export function markOf(damage: Damage, marks: readonly Equivalent[] = equivalents): Equivalent | undefined {
  return marks.find((mark) => fits(mark, damage));
}

/** @returns marks that fit no damage of their file. */
export function staleMarks(root: string, marks: readonly Equivalent[] = equivalents): Equivalent[] {
  const files = new Set(marks.map(({ file }) => file));
  const damages = [...files].flatMap((file) => findDamages(file, readFileSync(join(root, file), 'utf8')));
  return marks.filter((mark) => !damages.some((damage) => fits(mark, damage)));
}

function fits(mark: Equivalent, { file, within, kind, before, after }: Damage): boolean {
  if (mark.file !== file || mark.within !== within || mark.kind !== kind) return false;
  return mark.before === oneLine(before) && (mark.after === undefined || mark.after === oneLine(after));
}
