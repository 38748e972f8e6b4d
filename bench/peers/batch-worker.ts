/**
 * The worker's side of the ways that send arrays: one handler, called by messages, by a pool, or by Comlink.
 */
import { type MessagePort, parentPort, workerData } from 'node:worker_threads';
import { expose } from 'comlink';
import nodeEndpoint from 'comlink/dist/esm/node-adapter.mjs';
import type { RequestEvent } from '../harness/events.js';
import { Tally, type TallyMemory } from '../harness/tally.js';

/** What the thread was started with; tinypool puts words of its own before it. */
const { memory, talk } = [workerData as unknown].flat().at(-1) as BatchWorkerData;
const tally = new Tally(memory);

export interface BatchWorkerData {
  readonly memory: TallyMemory;
  /** Who calls the handler; a pool brings its own way to. */
  readonly talk: 'messages' | 'comlink' | 'pool';
}

/** What comes over a port: a batch, the same as JSON, or a further producer's port. */
type Message = RequestEvent[] | string | { readonly port: MessagePort };

/** What pools call. */
export default function handle(events: RequestEvent[]): void {
  tally.rows(events);
}

function answer(port: MessagePort): void {
  port.on('message', (message: Message) => {
    if (typeof message === 'string') handle(JSON.parse(message) as RequestEvent[]);
    else if (Array.isArray(message)) handle(message);
    else return listen(message.port);
    // A credit.
    port.postMessage(null);
  });
}

function listen(port: MessagePort): void {
  if (talk === 'messages') answer(port);
  else expose({ handle, listen }, nodeEndpoint(port));
}

if (talk !== 'pool' && parentPort !== null) listen(parentPort);
