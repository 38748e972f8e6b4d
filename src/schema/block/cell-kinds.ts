/**
 * What a block stores beside the cell, for each kind of cell: a validity byte, the end of a text, a blob record; and
 * the bytes that a row usually takes.
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
}

export const cellKinds: Readonly<Record<CellKind, CellNeeds>> = {
  fixed: { validity: true, textEnd: 'none', record: 'never', usualBytes: 0 },
  label: { validity: false, textEnd: 'none', record: 'overflow', usualBytes: 0 },
  text: { validity: true, textEnd: 'cell', record: 'never', usualBytes: 64 },
  blob: { validity: true, textEnd: 'none', record: 'always', usualBytes: 64 },
  any: { validity: true, textEnd: 'beside', record: 'always', usualBytes: 256 },
};
