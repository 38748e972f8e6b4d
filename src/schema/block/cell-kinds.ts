/**
 * What a block stores beside the cell, for each kind of cell: a validity byte, the end of a text, a blob record; and
 * the bytes that a row takes, usually and at most.
 */
import type { CellKind } from '../columns/types/spec.js';

interface CellNeeds {
  /** Whether a byte says if an optional column has a value; a label's cell says so itself. */
  readonly validity: boolean;
  /** Where the position is at which the value's text ends: the cell itself, or an Int32 beside it. */
  readonly textEnd: 'cell' | 'beside' | 'none';
  /** Whether the value is a record in the blob region; of labels those for which the dictionary has no place. */
  readonly record: 'always' | 'overflow' | 'never';
  /** Bytes of texts and blobs that a value usually takes. */
  readonly usualBytes: number;
  /** Bytes of texts and blobs that a byte of a value takes at most; of an any value, a byte of its JSON. */
  readonly mostGrowth: number;
}

export const cellKinds: Readonly<Record<CellKind, CellNeeds>> = {
  fixed: { validity: true, textEnd: 'none', record: 'never', usualBytes: 0, mostGrowth: 0 },
  // Records of labels are UTF-16.
  label: { validity: false, textEnd: 'none', record: 'overflow', usualBytes: 0, mostGrowth: 2 },
  text: { validity: true, textEnd: 'cell', record: 'never', usualBytes: 64, mostGrowth: 1 },
  blob: { validity: true, textEnd: 'none', record: 'always', usualBytes: 64, mostGrowth: 1 },
  // `[[…]]` takes most: two words and two kinds of four bits for two brackets.
  any: { validity: true, textEnd: 'beside', record: 'always', usualBytes: 256, mostGrowth: 4.5 },
};
