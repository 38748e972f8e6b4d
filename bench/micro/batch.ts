/**
 * The cost of a batch for the flusher's thread: copying it out of the ring, and reading it each way.
 */
import { Batch } from '../../src/index.js';
import { createRingMemory } from '../../src/ring/layout.js';
import { defaultVariableBytes, layOut } from '../../src/schema/block/block-layout.js';
import { createLabelMemory, LabelDictionary } from '../../src/schema/block/label-dictionary.js';
import { BatchReader } from '../../src/schema/read/batch-reader.js';
import type { Part } from '../../src/schema/read/ring-blocks.js';
import { compileWriter, type RowPlace } from '../../src/schema/write/writer.js';
import { Request, requests } from '../harness/events.js';
import { measureCalls, type Suite } from './suite.js';

const rows = 1000;

/** A reader of blocks that are full of requests. */
function filledBlocks(blocks: number): BatchReader {
  const layout = layOut(Request, rows, defaultVariableBytes(Request, rows));
  const memory = createRingMemory(blocks, layout.end);
  const labels = new LabelDictionary(createLabelMemory(1024));
  const place: RowPlace = {
    row: 0,
    end: rows,
    find: () => false,
    makeRoom() {
      place.end = place.row;
    },
    complete() {},
    refused: (error) => error,
  };
  const writer = compileWriter(Request, layout, memory, labels, place);
  for (let block = 0; block < blocks; block++) {
    writer.open(block);
    place.row = 0;
    requests(rows).forEach((event, row) => {
      if (!writer.push(event)) throw new Error('no room');
      // A group, as a producer publishes it.
      if ((row + 1) % 125 === 0) writer.flush(row + 1);
    });
  }
  return new BatchReader(layout, memory, labels);
}

export const readBatch: Suite = {
  name: 'batch of 1000 rows of six fields',
  run: (name) => {
    const reader = filledBlocks(8);
    const whole: Part[] = [{ block: 0, from: 0, to: rows }];
    const eighths = Array.from({ length: 8 }, (_, block) => ({ block, from: 500, to: 625 }));
    const batch = new Batch(Request, reader.read(whole));
    let sum = 0;
    const afresh = () => new Batch(Request, batch.data);
    return measureCalls(name, [
      { name: 'copy out one block', rows, call: () => void reader.read(whole) },
      { name: 'copy out parts of eight blocks', rows, call: () => void reader.read(eighths) },
      {
        name: 'add up a column of numbers',
        rows,
        call() {
          for (const status of afresh().columns.status) sum += status;
        },
      },
      {
        name: 'read a column of texts',
        rows,
        call() {
          const { message } = afresh().columns;
          for (let i = 0; i < rows; i++) sum += message.get(i).length;
        },
      },
      { name: 'rows()', rows, call: () => void afresh().rows() },
      {
        name: 'row(i), one after another',
        rows,
        call() {
          const read = afresh();
          for (let i = 0; i < rows; i++) sum += read.row(i).status;
        },
      },
      {
        name: 'for … of',
        rows,
        call() {
          for (const row of afresh()) sum += row.status;
        },
      },
    ]).finally(() => {
      // The sum is used, so that no reading can be optimised away.
      if (Number.isNaN(sum)) throw new Error('the batch was not read');
    });
  },
};
