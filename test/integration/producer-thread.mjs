// A producer that may wait: pushes for so many milliseconds on a thread of its own, and tells what was accepted.
import { parentPort, workerData } from 'node:worker_threads';
import { attachProducer } from '../../dist/src/index.js';

const { handle, ms } = workerData;
const producer = attachProducer(handle);
const end = performance.now() + ms;
let accepted = 0;
let rejected = 0;
for (let id = 0; performance.now() < end; id++) {
  if (producer.push({ id, at: Date.now(), path: '/thread', text: `event ${id}` })) accepted++;
  else rejected++;
}
producer.close();
parentPort.postMessage({ accepted, rejected });
