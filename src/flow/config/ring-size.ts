/**
 * How a ring for so many rows is divided into blocks.
 */
import { maxRowsPerBlock } from '../../ring/layout.js';

/** More blocks than this make each look at the ring slow; blocks then hold more rows instead. */
const maxBlocks = 1024;
/** Larger blocks hold memory back for long: a block is free again only when all of it is committed. */
const maxFlushRows = 8192;

/**
 * Blocks of `flushSize` rows, unless they would be too many or too large.
 *
 * @param minBlocks how many there are at least, where there are as many rows.
 */
export function divide(
  bufferSize: number,
  flushSize: number,
  minBlocks = 1,
): { blocks: number; rowsPerBlock: number } {
  const least = Math.ceil(bufferSize / maxBlocks);
  const most = Math.min(flushSize, maxFlushRows, Math.floor(bufferSize / minBlocks));
  const rowsPerBlock = Math.min(Math.max(least, most), maxRowsPerBlock);
  return { blocks: Math.ceil(bufferSize / rowsPerBlock), rowsPerBlock };
}
