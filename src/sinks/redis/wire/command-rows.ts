/**
 * Rows as commands in the server's protocol, which takes each command as a list of its arguments: how many there are,
 * and each behind its length. Bytes are copied from where the batch has them; nothing is made for a row.
 *
 *     *5␍␊ $4␍␊XADD␍␊ $6␍␊events␍␊ $1␍␊*␍␊ $6␍␊region␍␊ $2␍␊eu␍␊
 *     │    └──────── lead ────────────────────────┘       └ cell ┘
 */
import { copyBytes, copyPiece, type Piece, pieceSlack } from '../../wire/copy-bytes.js';
import { writeDigits } from '../../wire/number-texts.js';
import type { TextCells } from '../../wire/text-cells.js';
import type { WireBuffer } from '../../wire/wire-buffer.js';

/** A part of a command. */
export interface Step {
  /** Whole arguments, with the sign of the cell's length behind them. */
  readonly lead: Piece;
  /** The value behind the lead; undefined: none. A row without a value has neither lead nor value. */
  readonly cells: TextCells | undefined;
  /** How many arguments both are. */
  readonly count: number;
}

/** The most bytes of a length with its end of line, and of a command's first line. */
const lengthBytes = 12;
const firstLineBytes = 13;
const endOfLine = 2;

/** Write the command of a row. */
export function writeCommand(into: WireBuffer, steps: readonly Step[], row: number): void {
  let count = 0;
  let most = firstLineBytes + pieceSlack;
  for (let k = 0; k < steps.length; k++) {
    const { lead, cells, count: own } = steps[k] as Step;
    let length = 0;
    if (cells !== undefined) {
      const end = cells.ends[row] as number;
      if (end < 0) continue;
      length = end - (cells.starts[row] as number) + lengthBytes + endOfLine;
    }
    count += own;
    most += lead.length + length;
  }
  into.reserve(most);
  const { bytes, view } = into;
  let at = into.at;
  bytes[at] = 0x2a;
  at = endLine(bytes, writeDigits(bytes, at + 1, count));
  for (let k = 0; k < steps.length; k++) {
    const { lead, cells } = steps[k] as Step;
    const end = cells === undefined ? 0 : (cells.ends[row] as number);
    if (end < 0) continue;
    copyPiece(lead, view, at);
    at += lead.length;
    if (cells === undefined) continue;
    const start = cells.starts[row] as number;
    const length = end - start;
    at = endLine(bytes, writeDigits(bytes, at, length));
    copyBytes(cells.source, start, length, into, at);
    at = endLine(bytes, at + length);
  }
  into.at = at;
}

function endLine(bytes: Uint8Array, at: number): number {
  bytes[at] = 0x0d;
  bytes[at + 1] = 0x0a;
  return at + 2;
}
