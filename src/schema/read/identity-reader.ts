/**
 * The identities of a batch's rows: ranges of what their producers pushed, or, where events brought identities along,
 * the bytes of each row.
 */
import { BlockHeaders } from '../../ring/block-headers.js';
import type { RingMemory } from '../../ring/layout.js';
import type { IdentityPlace } from '../block/block-layout.js';
import { identityBytes } from '../columns/row-identity.js';
import { type Part, type RingBlocks, rowsOf } from './ring-blocks.js';
import { addRange, type IdentityRange, IdentityWriter, type RowIdentities } from './row-identities.js';

export class IdentityReader {
  readonly #headers: BlockHeaders;
  readonly #run: readonly number[];
  readonly #firstProducer: number;
  readonly #place: IdentityPlace | undefined;

  constructor(
    private readonly blocks: RingBlocks,
    memory: RingMemory,
  ) {
    this.#headers = new BlockHeaders(memory);
    this.#run = memory.run;
    this.#firstProducer = memory.firstProducer;
    this.#place = blocks.layout.identity;
  }

  read(parts: readonly Part[]): RowIdentities {
    const ranges: IdentityRange[] = [];
    for (const { block, from, to } of parts) {
      const producer = this.#firstProducer + this.#headers.owner(block) - 1;
      addRange(ranges, { producer, first: this.#headers.sequence(block) + from, count: to - from });
    }
    const own: RowIdentities = { run: this.#run, ranges, given: undefined };
    const place = this.#place;
    if (place === undefined || !this.#has(1, place, parts)) return own;
    return { run: this.#run, ranges: [], given: this.#bytes(place, parts, own) };
  }

  /** Whether some rows have brought one (1), or none (0). */
  #has(flag: 0 | 1, { validity }: IdentityPlace, parts: readonly Part[]): boolean {
    const { U8 } = this.blocks.views;
    return parts.some(({ block, from, to }) => {
      const at = this.blocks.at(block, validity);
      return U8.subarray(at + from, at + to).includes(flag);
    });
  }

  /** Each row's bytes: those that its event brought, otherwise its own. */
  #bytes(place: IdentityPlace, parts: readonly Part[], own: RowIdentities): Uint8Array {
    const { U8 } = this.blocks.views;
    const bytes = new Uint8Array(identityBytes * rowsOf(parts));
    let i = 0;
    for (const { block, from, to } of parts) {
      const at = this.blocks.at(block, place.values);
      bytes.set(U8.subarray(at + identityBytes * from, at + identityBytes * to), identityBytes * i);
      i += to - from;
    }
    if (this.#has(0, place, parts)) this.#addOwn(bytes, place, parts, own);
    return bytes;
  }

  #addOwn(bytes: Uint8Array, { validity }: IdentityPlace, parts: readonly Part[], own: RowIdentities): void {
    const { U8 } = this.blocks.views;
    const view = new DataView(bytes.buffer);
    const writer = new IdentityWriter(own);
    let i = 0;
    for (const { block, from, to } of parts) {
      const flags = this.blocks.at(block, validity);
      for (let row = from; row < to; row++, i++) {
        if (U8[flags + row] === 0) writer.write(i, view, identityBytes * i);
      }
    }
  }
}
