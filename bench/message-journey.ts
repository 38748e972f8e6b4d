/**
 * Events to a worker by `postMessage`, in arrays of a batch, with a bound on the batches in flight.
 * The worker is this module, too.
 */
import { isMainThread, parentPort, Worker } from 'node:worker_threads';
import { checksum, type RequestEvent } from './events.js';
import type { Journey } from './suite.js';

export function messageJourney(
  name: string,
  events: readonly RequestEvent[],
  batchSize: number,
  inFlight: number,
): Journey {
  const worker = new Worker(new URL(import.meta.url));
  const batches = Array.from({ length: Math.ceil(events.length / batchSize) }, (_, i) =>
    events.slice(i * batchSize, (i + 1) * batchSize),
  );
  let runs = 0;
  let sum = 0;
  return {
    name,
    rows: events.length,
    run() {
      runs++;
      return new Promise<void>((resolve, reject) => {
        let sent = 0;
        let done = 0;
        const post = () => worker.postMessage(batches[sent++]);
        const onMessage = (part: number) => {
          sum += part;
          if (++done === batches.length) {
            worker.off('message', onMessage);
            worker.off('error', reject);
            resolve();
          } else if (sent < batches.length) post();
        };
        worker.on('message', onMessage);
        worker.on('error', reject);
        while (sent < Math.min(inFlight, batches.length)) post();
      });
    },
    async end() {
      await worker.terminate();
      const expected = events.reduce((total, { status, message }) => total + checksum(status, message), 0);
      if (sum !== runs * expected) throw new Error(`${name}: added up to ${sum}, not ${runs * expected}`);
    },
  };
}

if (!isMainThread && parentPort !== null) {
  const port = parentPort;
  port.on('message', (batch: RequestEvent[]) => {
    let sum = 0;
    for (const { status, message } of batch) sum += checksum(status, message);
    port.postMessage(sum);
  });
}
