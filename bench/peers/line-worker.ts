/**
 * The worker of thread-stream: it parses NDJSON in pieces of any length, and gathers events to batches.
 */
import { Writable } from 'node:stream';
import type { RequestEvent } from '../harness/events.js';
import { Tally } from '../harness/tally.js';
import { Batcher } from '../ways/batcher.js';
import type { WayOptions } from '../ways/way.js';

export default function open({ batch, intervalMs, memory }: WayOptions): Writable {
  const tally = new Tally(memory);
  const batcher: Batcher = new Batcher(batch, intervalMs, 1, (events) => {
    tally.rows(events);
    batcher.done();
  });
  let rest = '';
  return new Writable({
    decodeStrings: false,
    write(piece: string, _encoding, callback) {
      const lines = (rest + piece).split('\n');
      rest = lines.pop() as string;
      for (const line of lines) batcher.push(JSON.parse(line) as RequestEvent);
      callback();
    },
    final(callback) {
      batcher.settle().then(() => callback(), callback);
    },
  });
}
