/**
 * The shape of a ring: room for events of 1 MiB whatever `flushSize` is, within the address space that a ring may take.
 */
import fc from 'fast-check';
import { describe, expect, it, onTestFinished } from 'vitest';
import { ConfigError } from '../../../dist/src/errors.js';
import { resolveConfig } from '../../../dist/src/flow/config/resolve.js';
import { ringShape } from '../../../dist/src/flow/config/ring-shape.js';
import { createShared } from '../../../dist/src/flow/shared/shared-flow.js';
import { defineSchema, handler, type Schema, t } from '../../../dist/src/index.js';
import { ringBytes } from '../../../dist/src/ring/layout.js';
import { layOut } from '../../../dist/src/schema/block/block-layout.js';
import { anySchema } from '../../../dist/src/schema/columns/schema.js';
import { mistakeOf } from '../../fixtures/mistake-of.js';

const schema = defineSchema('requests', { path: t.string(), status: t.uint16() });
const sink = handler(new URL('file:///sink.js'));
const optionsOf = (settings: object) => resolveConfig({ sink, ...settings });
const shapeOf = (settings: object) => ringShape(optionsOf(settings));

describe('the shape of a ring', () => {
  const wide = defineSchema(
    'wide',
    Object.fromEntries(Array.from({ length: 200 }, (_, i) => [`c${i}`, t.string()])),
  );
  const kinds: [name: string, schemas: Schema[], largest: number][] = [
    ['texts', [defineSchema('texts', { text: t.string() })], 2 ** 20],
    ['bytes', [defineSchema('bytes', { data: t.bytes() })], 2 ** 20 + 8],
    ['labels', [defineSchema('labels', { label: t.label() })], 2 ** 21],
    ['any values', [anySchema('events')], 4.25 * 2 ** 20],
    ['numbers', [defineSchema('numbers', { n: t.float64() })], 0],
    ['several schemas', [wide, anySchema('events')], 4.25 * 2 ** 20],
  ];

  it.each(kinds)(
    'has room for an event of 1 MiB by default, and takes less than 2 GiB: %s',
    (_, schemas, largest) => {
      for (const flushSize of [1, 2, 10, 999, 1000, 8192, 50_000, 131_072, 500_000, 1_000_000]) {
        if (schemas.includes(wide) && flushSize > 50_000) continue;
        const options = resolveConfig({ sink, schemas, flushSize });
        const { blocks, rowsPerBlock, blockBytes, extentBytes } = ringShape(options);
        expect(options.bufferSize).toBeGreaterThanOrEqual(2 * flushSize);
        expect(options.bufferSize).toBeLessThanOrEqual(64 * flushSize);
        expect(blocks * rowsPerBlock).toBeGreaterThanOrEqual(options.bufferSize);
        expect((blockBytes + extentBytes) * blocks).toBeLessThan(2 ** 31);
        const regions = schemas.map(
          (schema) => blockBytes - layOut(schema, rowsPerBlock, 0, blockBytes).variableStart,
        );
        expect(Math.max(extentBytes, Math.min(...regions))).toBeGreaterThanOrEqual(largest);
      }
    },
  );

  it('keeps 64 batches, in blocks of a batch, where they fit', () => {
    expect(shapeOf({ schema, flushSize: 1000 })).toMatchObject({ blocks: 64, rowsPerBlock: 1000 });
    expect(optionsOf({ flushSize: 1000 }).bufferSize).toBe(64_000);
    expect(optionsOf({ flushSize: 1_000_000 }).bufferSize).toBeLessThan(64_000_000);
  });

  it('has fewer blocks, of more rows, where extents take too much', () => {
    const { blocks, rowsPerBlock } = shapeOf({ flushSize: 1, bufferSize: 100_000 });
    expect(blocks).toBeGreaterThan(256);
    expect(blocks).toBeLessThan(1024);
    expect(blocks * rowsPerBlock).toBeGreaterThanOrEqual(100_000);
  });

  it('has no extents where blockTextBytes says how large an event may be', () => {
    expect(shapeOf({ schema, blockTextBytes: 1000 }).extentBytes).toBe(0);
  });

  it.each([
    ['bufferSize', { bufferSize: 100_000_000 }],
    ['flushSize', { schema: wide, flushSize: 1_000_000 }],
    ['flushSize', { schema: wide, flushSize: 1_000_000, bufferSize: 2_000_000 }],
    ['blockTextBytes', { blockTextBytes: 2 ** 30 }],
    ['blockTextBytes', { blockTextBytes: 2 ** 30, bufferSize: 64_000 }],
    ['bufferSize', { blockTextBytes: 2 ** 27, bufferSize: 100_000, flushSize: 1000 }],
  ])('that is too large gives an error that names %s and its largest value: %j', (key, settings) => {
    const error = mistakeOf(() => shapeOf(settings));
    expect(error.key).toBe(key);
    const most = Number(/^at most (\d+) /.exec(error.expected)?.[1]);
    const fitting: Record<string, number | undefined> = { [key]: most };
    // Its value goes with the usual number of rows.
    if (key !== 'bufferSize') fitting.bufferSize = undefined;
    if (key === 'blockTextBytes') fitting.flushSize = 1;
    expect(shapeOf({ ...settings, ...fitting }).blocks).toBeGreaterThanOrEqual(2);
    if (key === 'flushSize') fitting.bufferSize = 2 * (most + 1);
    expect(() => shapeOf({ ...settings, ...fitting, [key]: most + 1 })).toThrow(ConfigError);
  });

  it('that the system gives no memory for is a ConfigError', () => {
    const { SharedArrayBuffer: own } = globalThis;
    onTestFinished(() => {
      globalThis.SharedArrayBuffer = own;
    });
    globalThis.SharedArrayBuffer = class extends own {
      constructor(bytes = 0) {
        if (bytes > 2 ** 21) throw new RangeError('Array buffer allocation failed');
        super(bytes);
      }
    };
    const error = mistakeOf(() => createShared(optionsOf({ schema }), 0));
    expect(error).toMatchObject({
      key: 'bufferSize',
      value: 64_000,
      expected: expect.stringMatching(/^less: .* MiB$/),
    });
  });
});

describe('bufferBytes', () => {
  const numbers = defineSchema('numbers', { a: t.float64(), b: t.int32() });

  it('is never exceeded by the ring, which has no row less than fits', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(schema, numbers),
        fc.integer({ min: 1, max: 3000 }),
        fc.option(fc.integer({ min: 64, max: 100_000 }), { nil: undefined }),
        fc.integer({ min: 2 ** 23, max: 2 ** 27 }),
        (schema, flushSize, blockTextBytes, bufferBytes) => {
          const options = optionsOf({ schema, flushSize, blockTextBytes, bufferBytes });
          const bytes = (settings: object) => {
            const { blocks, blockBytes, extentBytes } = ringShape({ ...options, ...settings });
            return ringBytes(blocks, blockBytes, extentBytes);
          };
          expect(bytes({})).toBeLessThanOrEqual(bufferBytes);
          // A block more does not fit.
          const more = { bufferBytes: undefined, bufferSize: options.bufferSize + 8192 };
          expect(bytes(more)).toBeGreaterThan(bufferBytes);
        },
      ),
      { numRuns: 50 },
    );
  });

  it('is what the memory takes, that of large events included', () => {
    const shared = createShared(optionsOf({ schema, bufferBytes: 2 ** 24 }), 0);
    expect(shared.ring.extentBytes).toBeGreaterThan(2 ** 20);
    expect(shared.ring.buffer.byteLength).toBeLessThanOrEqual(2 ** 24);
    expect(shared.ring.buffer.byteLength).toBeGreaterThan(2 ** 24 - 2 ** 21);
  });

  it('is refused with the least that two batches take', () => {
    const mistake = mistakeOf(() => optionsOf({ schema: numbers, bufferBytes: 1000 })) as ConfigError;
    const least = Number(/at least (\d+) bytes/.exec(mistake.expected)?.[1]);
    expect(mistake).toMatchObject({ key: 'bufferBytes', value: 1000 });
    expect(mistake.expected).toContain('two batches of 1000 rows');
    expect(optionsOf({ schema: numbers, bufferBytes: least }).bufferSize).toBeGreaterThanOrEqual(2000);
    expect(() => optionsOf({ schema: numbers, bufferBytes: least - 1 })).toThrow(`at least ${least} bytes`);
  });

  it('is refused beside bufferSize', () => {
    expect(() => optionsOf({ bufferSize: 4000, bufferBytes: 2 ** 24 })).toThrow('not both');
  });
});
