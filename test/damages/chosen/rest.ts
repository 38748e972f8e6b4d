/** Chosen damages of values, counts, packed messages, the collector and the service. */
import type { Chosen } from './chosen.js';

export const rest: readonly Chosen[] = [
  {
    file: 'src/schema/block/label-dictionary.ts',
    find: `if (offset + text.length > this.#units.length) return -1;
    for`,
    put: 'for',
    why: 'Two writers at the end of the dictionary write past it, and a label reads as another.',
  },
  {
    file: 'src/schema/block/label-dictionary.ts',
    find: 'if (Atomics.load(this.#words, UNITS) + text.length > this.#units.length) return -1;',
    put: '',
    why: 'Each label that has no place reserves more units, until the number wraps.',
  },
  {
    file: 'src/schema/block/label-dictionary.ts',
    find: 'if (id >= this.size) return -1;',
    put: '',
    why: 'Two writers at the last entry write behind the entries.',
  },
  {
    file: 'src/schema/block/label-dictionary.ts',
    find: `    Atomics.store(this.#words, entriesAt + 2 * id, offset);
    Atomics.store(this.#words, entriesAt + 2 * id + 1, text.length + 1);
`,
    put: `    Atomics.store(this.#words, entriesAt + 2 * id + 1, text.length + 1);
    Atomics.store(this.#words, entriesAt + 2 * id, offset);
`,
    why: 'Another producer reads an entry whose offset is not there yet.',
  },
  {
    file: 'src/metrics/cells/settlement.ts',
    find: `    cells[block] = blockNumber + 1;
    this.#count();
`,
    put: `    this.#count();
    cells[block] = blockNumber + 1;
`,
    why: 'Rows are counted twice when their flusher dies in between.',
  },
  {
    file: 'src/metrics/cells/settlement.ts',
    find: 'if (noted === 0) return;',
    put: 'if (noted <= 1) return;',
    why: 'What a dead flusher had ended in the first block is not settled.',
  },
  {
    file: 'src/metrics/cells/sink-cells.ts',
    find: `    note[blockCount] = blocks.length;
    this.#change();
`,
    put: `    this.#change();
    note[blockCount] = blocks.length;
`,
    why: 'A collector counts a batch twice when its flusher dies in between.',
  },
  {
    file: 'src/metrics/cells/sink-cells.ts',
    find: 'this.#note[blockCount] = 0;',
    put: 'this.#note[cellCount] = 0;',
    why: 'Blocks of a batch that has ended are settled again when its flusher dies later.',
  },
  {
    file: 'src/packed/message-reader.ts',
    find: 'if (!(length <= this.bytes.length - at)) throw',
    put: 'if (length < 0) throw',
    why: 'A damaged message reads past its end.',
  },
  {
    file: 'src/packed/unpack-identities.ts',
    find: 'if (left > 0) throw',
    put: 'if (left < 0) throw',
    why: 'Rows of a message have no identity, and the table stores them twice.',
  },
  {
    file: 'src/packed/unpack.ts',
    find: `if (view.getUint32(place.crc, true) !== checksum(bytes)) throw damaged('its checksum differs');`,
    put: '',
    why: 'Damaged values are stored.',
  },
  {
    file: 'src/packed/unpack.ts',
    find: `if (nullable && !own.nullable) throw fault(name, 'is optional there and not here');`,
    put: '',
    why: 'A missing value is written as one of a column that has none.',
  },
  {
    file: 'src/collector/aggregation/event-aggregator.ts',
    find: 'if ((cells.values[at + gaugeCell.sequence] as number) > sequence) continue;',
    put: '',
    why: 'An older value of a gauge overwrites a newer one of its producer.',
  },
  {
    file: 'src/collector/aggregation/event-aggregator.ts',
    find: 'if (value <= (bounds[middle] as number)) high = middle;',
    put: 'if (value < (bounds[middle] as number)) high = middle;',
    why: 'A value at a bound is counted in the bucket above it.',
  },
  {
    file: 'src/collector/series/exponential.ts',
    find: 'while (last - offset >= exponentialBuckets) {',
    put: 'while (last - offset > exponentialBuckets) {',
    why: 'Histograms of two flushers together have a bucket too many.',
  },
  {
    file: 'src/schema/read/row-identities.ts',
    find: 'return first + (row - this.#start);',
    put: 'return first + row;',
    why: 'Rows behind the first range of a batch have identities of others.',
  },
  {
    file: 'src/server/accepted-lines.ts',
    find: 'const to = Math.min(since + first + count, run.row + run.count);',
    put: 'const to = since + first + count;',
    why: 'An answer names lines that have not failed, behind the end of a run.',
  },
];
