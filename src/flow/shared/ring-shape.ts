/**
 * The shape of a flow's ring: how many blocks, of how many rows and bytes; and the largest settings that fit.
 */
import { CapacityError } from '../../errors.js';
import { defaultVariableBytes, layOut } from '../../schema/block/block-layout.js';
import type { Schema } from '../../schema/columns/schema.js';
import { divide } from '../config/ring-size.js';

/** What the shape depends on; blocks of one ring are of one size, that of the largest schema. */
export interface RingSettings {
  readonly schemas: readonly Schema[];
  readonly flushSize: number;
  readonly bufferSize: number;
  readonly blockTextBytes: number | undefined;
}

export interface RingShape {
  readonly blocks: number;
  readonly rowsPerBlock: number;
  readonly blockBytes: number;
}

/** Positions in the ring are Int32. */
const mostMebibytes = 2048;

/** @throws CapacityError when the ring would be too large. */
export function ringShape(settings: RingSettings): RingShape {
  const shape = shapeOf(settings);
  if (mebibytesOf(shape) > mostMebibytes) {
    const { bufferSize } = settings;
    const most = largest(2 * settings.flushSize, bufferSize, (rows) =>
      ringFits({ ...settings, bufferSize: rows }),
    );
    const instead = most === 0 ? '' : `; with this flushSize it may be at most ${most}`;
    throw new CapacityError(
      `the ring would take ${mebibytesOf(shape)} MiB, more than ${mostMebibytes}; ` +
        `lower bufferSize or blockTextBytes: bufferSize is ${bufferSize}${instead}`,
    );
  }
  return shape;
}

/** Whether a flow can have these settings: its ring has two blocks at least, and is not too large. */
export function ringFits(settings: RingSettings): boolean {
  if (settings.bufferSize < 2 * settings.flushSize) return false;
  const shape = shapeOf(settings);
  return shape.blocks >= 2 && mebibytesOf(shape) <= mostMebibytes;
}

/**
 * The largest whole number from `least` to `most` that fits, where all below it fit, too.
 *
 * @returns 0 when none does.
 */
export function largest(least: number, most: number, fits: (n: number) => boolean): number {
  if (!fits(least)) return 0;
  let good = least;
  for (let bad = most + 1; bad - good > 1; ) {
    const middle = Math.floor((good + bad) / 2);
    if (fits(middle)) good = middle;
    else bad = middle;
  }
  return good;
}

function shapeOf({ schemas, flushSize, bufferSize, blockTextBytes }: RingSettings): RingShape {
  const { blocks, rowsPerBlock } = divide(bufferSize, flushSize);
  const bytes = schemas.map((schema) => {
    const variable = blockTextBytes ?? defaultVariableBytes(schema, rowsPerBlock);
    return layOut(schema, rowsPerBlock, variable).end;
  });
  return { blocks, rowsPerBlock, blockBytes: Math.max(...bytes) };
}

/** A mebibyte is more than all headers take. */
function mebibytesOf({ blocks, blockBytes }: RingShape): number {
  return Math.ceil((blockBytes * blocks) / 2 ** 20) + 1;
}
