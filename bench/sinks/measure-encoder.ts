/**
 * Measures one way of encoding batches, in the process that `bench:sinks` starts for it.
 */
import type { Figures } from '../harness/measuring.js';
import { batches, encodings } from './encoders.js';

export interface EncoderTask {
  /** A name of `encodings`. */
  readonly encoding: string;
  readonly isOurs: boolean;
  /** The rows of a batch. */
  readonly batch: number;
  /** Duration; the warm-up before it lasts as long. */
  readonly ms: number;
}

export function measure({ encoding, isOurs, batch, ms }: EncoderTask): Figures {
  const { byUsual, byOurs } = encodings[encoding] as (typeof encodings)[string];
  const encode = isOurs ? byOurs() : byUsual;
  const fresh = batches(batch);
  const encodeFor = () => {
    let rows = 0;
    const began = performance.now();
    const cpu = process.cpuUsage();
    let now = began;
    for (; now - began < ms; now = performance.now()) {
      encode(fresh());
      rows += batch;
    }
    const { user, system } = process.cpuUsage(cpu);
    return { nsPerEvent: ((now - began) * 1e6) / rows, totalCpuNsPerEvent: ((user + system) * 1000) / rows };
  };
  encodeFor();
  return encodeFor();
}
