/**
 * The sink of a flow that a worker owns: counts how often each row is stored, and takes its time now and then.
 */
import { setTimeout as pause } from 'node:timers/promises';
import { defineSink } from '../../src/sink.js';

let writes = 0;

export default defineSink<{ stored: Uint8Array }>(({ stored }) => ({
  async write(batch) {
    if (++writes % 3 === 0) await pause(1);
    for (const { i } of batch.rows() as { i: number }[]) (stored[i] as number)++;
  },
}));
