/**
 * The shape of a flow's ring: how many blocks, of how many rows and bytes. It takes less than 2048 MiB, as positions in
 * it are Int32.
 *
 * Settings that fit keep the blocks that `divide` gives them. Where extents for large events would take too much, there
 * are fewer and larger blocks, and so fewer extents. Where the number of rows is not given, there are fewer rows.
 */
import { ConfigError } from '../../errors.js';
import { ringBytes } from '../../ring/layout.js';
import { defaultVariableBytes, largestEventBytes, layOut } from '../../schema/block/block-layout.js';
import type { Schema } from '../../schema/columns/schema.js';
import type { IdentityOrigin } from '../api/settings.js';
import { divide } from './ring-size.js';

/** What the shape depends on; blocks of one ring are of one size, that of the largest schema. */
export interface RingSettings {
  readonly schemas: readonly Schema[];
  readonly flushSize: number;
  readonly bufferSize: number;
  readonly blockTextBytes: number | undefined;
  readonly identity: IdentityOrigin;
  readonly minBlocks?: number;
  /** The most bytes that the ring may take; undefined: no other limit than its addresses. */
  readonly bufferBytes?: number | undefined;
}

export interface RingShape {
  readonly blocks: number;
  readonly rowsPerBlock: number;
  readonly blockBytes: number;
  /** Bytes of each block's extent; 0 where every event that fits at all fits a block. */
  readonly extentBytes: number;
}

const mostMebibytes = 2048;
/** The default of `bufferSize`, in batches. */
const usualBatches = 64;
/** A ring has not fewer blocks than these for the sake of extents: each producer has one, and flushers have some. */
const enoughBlocks = 64;

/** @throws ConfigError that names the setting to change, and its largest value. */
export function ringShape(settings: RingSettings): RingShape {
  const shape = fittingShape(settings);
  if (shape === undefined) throw misfit(settings);
  return shape;
}

/** What is given for all rings together is divided among them. */
export function ofOneRing<T extends Divided>(settings: T, shards: number): T {
  const { bufferSize, bufferBytes, highWatermark } = settings;
  const part = (all: number | undefined) => all && Math.max(1, Math.floor(all / shards));
  if (shards === 1) return settings;
  return {
    ...settings,
    bufferSize: part(bufferSize),
    bufferBytes: part(bufferBytes),
    highWatermark: part(highWatermark),
  };
}

/** Settings of a flow that are sums over its rings. */
interface Divided {
  readonly bufferSize?: number | undefined;
  readonly bufferBytes?: number | undefined;
  readonly highWatermark?: number | undefined;
}

/** Rows of a ring whose configuration does not say: 64 batches, or as many as fit; never fewer than two. */
export function usualBufferSize(settings: Omit<RingSettings, 'bufferSize'>): number {
  const { flushSize } = settings;
  const fits = (bufferSize: number) => fittingShape({ ...settings, bufferSize }) !== undefined;
  const usual = usualBatches * flushSize;
  return fits(usual) ? usual : Math.max(2 * flushSize, largest(2 * flushSize, usual, fits));
}

/** The most rows that a ring may ask for. */
const mostRows = 100_000_000;

/**
 * Rows of a ring that takes no more than `bufferBytes`: as many as fit.
 *
 * @throws ConfigError that names the bytes of two batches, when these do not fit.
 */
export function bufferSizeIn(bufferBytes: number, settings: Omit<RingSettings, 'bufferSize'>): number {
  const least = 2 * settings.flushSize;
  const fits = (bufferSize: number) => fittingShape({ ...settings, bufferBytes, bufferSize }) !== undefined;
  const rows = largest(least, mostRows, fits);
  if (rows > 0) return rows;
  const { blocks, blockBytes, extentBytes } = ringShape({
    ...settings,
    bufferBytes: undefined,
    bufferSize: least,
  });
  const bytes = ringBytes(blocks, blockBytes, extentBytes);
  throw new ConfigError(
    'bufferBytes',
    bufferBytes,
    `at least ${bytes} bytes, which two batches of ${settings.flushSize} rows take`,
  );
}

function fittingShape(settings: RingSettings): RingShape | undefined {
  const { bufferSize, flushSize, minBlocks } = settings;
  if (bufferSize < 2 * flushSize) return undefined;
  const { blocks: most, rowsPerBlock } = divide(bufferSize, flushSize, minBlocks);
  if (most < 2) return undefined;
  const shape = shapeOf(settings, most, rowsPerBlock);
  const fits = (each: RingShape) => fitsAddresses(each) && fitsBytes(each, settings.bufferBytes);
  if (fits(shape)) return shape;
  const fewer = (blocks: number) => shapeOf(settings, blocks, Math.ceil(bufferSize / blocks));
  const blocks = largest(Math.min(enoughBlocks, most), most, (n) => fits(fewer(n)));
  return blocks === 0 ? undefined : fewer(blocks);
}

function shapeOf(
  { schemas, blockTextBytes, identity }: RingSettings,
  blocks: number,
  rowsPerBlock: number,
): RingShape {
  const given = identity === 'given';
  const sizes = schemas.map((schema) => {
    const variable = blockTextBytes ?? defaultVariableBytes(schema, rowsPerBlock);
    const { variableStart, end } = layOut(schema, rowsPerBlock, variable, undefined, given);
    return { variableStart, end, largest: blockTextBytes === undefined ? largestEventBytes(schema) : 0 };
  });
  const blockBytes = Math.max(...sizes.map(({ end }) => end));
  const needed = sizes.map(({ variableStart, largest }) =>
    variableStart + largest > blockBytes ? largest : 0,
  );
  return { blocks, rowsPerBlock, blockBytes, extentBytes: Math.max(...needed) };
}

/** A mebibyte is more than all headers take. */
function fitsAddresses({ blocks, blockBytes, extentBytes }: RingShape): boolean {
  return Math.ceil(((blockBytes + extentBytes) * blocks) / 2 ** 20) + 1 <= mostMebibytes;
}

function fitsBytes(
  { blocks, blockBytes, extentBytes }: RingShape,
  bytes = Number.POSITIVE_INFINITY,
): boolean {
  return ringBytes(blocks, blockBytes, extentBytes) <= bytes;
}

/** What to change: the number of rows, if fewer would fit; otherwise the rows of a batch; otherwise a block's bytes. */
function misfit(settings: RingSettings): ConfigError {
  const { schemas, bufferSize, flushSize, blockTextBytes = 0 } = settings;
  const rows = schemas.length === 1 ? `rows of "${schemas[0]?.name}"` : 'rows';
  const size = `less than ${mostMebibytes} MiB`;
  const most = (from: number, to: number, changed: (n: number) => Partial<RingSettings>) =>
    largest(from, to, (n) => fittingShape({ ...settings, ...changed(n) }) !== undefined);
  const inBuffer = most(2 * flushSize, bufferSize, (n) => ({ bufferSize: n }));
  if (inBuffer > 0) {
    return new ConfigError('bufferSize', bufferSize, `at most ${inBuffer} ${rows}, which take ${size}`);
  }
  const inBatch = most(1, flushSize, (n) => ({ flushSize: n, bufferSize: 2 * n }));
  if (inBatch > 0) {
    return new ConfigError(
      'flushSize',
      flushSize,
      `at most ${inBatch} ${rows}, of which two batches take ${size}`,
    );
  }
  const inBlock = most(1, blockTextBytes, (n) => ({ flushSize: 1, bufferSize: 2, blockTextBytes: n }));
  return new ConfigError(
    'blockTextBytes',
    blockTextBytes,
    `at most ${inBlock} bytes, of which two blocks take ${size}`,
  );
}

/**
 * The largest whole number from `least` to `most` that fits, where all below it fit, too.
 *
 * @returns 0 when none does.
 */
function largest(least: number, most: number, fits: (n: number) => boolean): number {
  if (!fits(least)) return 0;
  let good = least;
  for (let bad = most + 1; bad - good > 1; ) {
    const middle = Math.floor((good + bad) / 2);
    if (fits(middle)) good = middle;
    else bad = middle;
  }
  return good;
}
