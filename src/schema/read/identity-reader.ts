/**
 * The identities of a batch's rows: ranges of what their producers pushed, or, where events brought identities along,
 * the bytes of each row.
 */
import { BlockHeaders } from '../../ring/block-headers.js';
import type { RingMemory } from '../../ring/layout.js';
import type { Field } from '../block/block-layout.js';
import { identityBytes } from '../columns/row-identity.js';
import { type Part, type RingBlocks, rowsOf } from './ring-blocks.js';
import { addRange, type IdentityRange, IdentityWriter, type RowIdentities } from './row-identities.js';

export class IdentityReader {
  readonly #headers: BlockHeaders;
  readonly #run: readonly number[];
  readonly #firstProducer: number;
  readonly #field: Field | undefined;

  constructor(
    private readonly blocks: RingBlocks,
    memory: RingMemory,
  ) {
    this.#headers = new BlockHeaders(memory);
    this.#run = memory.run;
    this.#firstProducer = memory.firstProducer;
    this.#field = blocks.layout.identity;
  }

  read(parts: readonly Part[]): RowIdentities {
    const ranges: IdentityRange[] = [];
    for (const { block, from, to } of parts) {
      const producer = this.#firstProducer + this.#headers.owner(block) - 1;
      addRange(ranges, { producer, first: this.#headers.sequence(block) + from, count: to - from });
    }
    const own: RowIdentities = { run: this.#run, ranges, given: undefined };
    const field = this.#field;
    if (field === undefined || !this.#hasAny(field, parts)) return own;
    return { run: this.#run, ranges: [], given: this.#bytes(field, parts, own) };
  }

  #hasAny(field: Field, parts: readonly Part[]): boolean {
    const { U8 } = this.blocks.views;
    return parts.some(({ block, from, to }) => {
      const at = this.blocks.at(block, field.validity as number);
      return U8.subarray(at + from, at + to).includes(1);
    });
  }

  /** Each row's bytes: those that its event brought, otherwise its own. */
  #bytes(field: Field, parts: readonly Part[], own: RowIdentities): Uint8Array {
    const { I32, U8 } = this.blocks.views;
    const bytes = new Uint8Array(identityBytes * rowsOf(parts));
    const view = new DataView(bytes.buffer);
    const others = new IdentityWriter(own);
    let i = 0;
    for (const { block, from, to } of parts) {
      const validity = this.blocks.at(block, field.validity as number);
      const cells = this.blocks.cellIndex(field, block);
      const recordsEnd = this.blocks.recordsEnd(block);
      for (let row = from; row < to; row++, i++) {
        const into = identityBytes * i;
        if (U8[validity + row] === 0) others.write(i, view, into);
        else {
          // Behind the record's length.
          const at = recordsEnd - (I32[cells + row] as number) + 4;
          for (let k = 0; k < identityBytes; k++) bytes[into + k] = U8[at + k] as number;
        }
      }
    }
    return bytes;
  }
}
