/**
 * Whether the sizes that the options name go with the schema at hand: found out before anything is made.
 */
import { largest, ringFits } from '../flow/shared/ring-shape.js';
import type { Schema } from '../schema/columns/schema.js';
import { type ServeSettings, UsageError } from './serve-options.js';

type Sizes = Pick<ServeSettings, 'flushSize' | 'bufferSize' | 'blockTextBytes'>;

/** The default of `bufferSize`, in batches. */
const defaultBatches = 64;

/** @throws UsageError that names the option to change, and its largest value. */
export function checkSizes(schema: Schema, { flushSize, bufferSize, blockTextBytes }: Sizes): void {
  const fits = (rows: number, buffer = bufferSize ?? defaultBatches * rows) =>
    ringFits({ schemas: [schema], flushSize: rows, bufferSize: buffer, blockTextBytes });
  if (fits(flushSize)) return;
  const rowsOf = `rows of "${schema.name}"`;
  const flushMost = largest(1, flushSize, fits);
  if (flushMost > 0) {
    const ring =
      bufferSize === undefined ? `${defaultBatches} batches, as --buffer-size does not say` : bufferSize;
    throw new UsageError(
      `--flush-size ${flushSize}: at most ${flushMost} ${rowsOf} go with a ring of ${ring}`,
    );
  }
  const bufferMost = largest(2 * flushSize, bufferSize ?? defaultBatches * flushSize, (rows) =>
    fits(flushSize, rows),
  );
  if (bufferMost > 0) {
    throw new UsageError(
      `--buffer-size ${bufferSize}: at most ${bufferMost} ${rowsOf} take less than 2048 MiB`,
    );
  }
  throw new UsageError(`--block-text-bytes ${blockTextBytes}: not even two blocks take less than 2048 MiB`);
}
