/**
 * The worker of the ways that send arrays: one handler, called for a message, by a pool, or through Comlink.
 */
import { type MessagePort, parentPort, workerData } from 'node:worker_threads';
import { expose } from 'comlink';
import nodeEndpoint from 'comlink/dist/esm/node-adapter.mjs';
import type { RequestEvent } from '../harness/events.js';
import { Tally, type TallyMemory } from '../harness/tally.js';

/** The data of the thread. tinypool passes an array, and its own data comes first. */
const { memory, talk } = [workerData as unknown].flat().at(-1) as BatchWorkerData;
const tally = new Tally(memory);

export interface BatchWorkerData {
  readonly memory: TallyMemory;
  /** Channel of the calls; a pool has its own. */
  readonly talk: 'messages' | 'comlink' | 'pool';
}

/** A message on a port: a batch, a batch as JSON, or the port of a further producer. */
type Message = RequestEvent[] | string | { readonly port: MessagePort };

/** The task of a pool. */
export default function handle(events: RequestEvent[]): void {
  tally.rows(events);
}

function answer(port: MessagePort): void {
  port.on('message', (message: Message) => {
    if (typeof message === 'string') handle(JSON.parse(message) as RequestEvent[]);
    else if (Array.isArray(message)) handle(message);
    else return listen(message.port);
    // The answer is a credit.
    port.postMessage(null);
  });
}

function listen(port: MessagePort): void {
  if (talk === 'messages') answer(port);
  else expose({ handle, listen }, nodeEndpoint(port));
}

if (talk !== 'pool' && parentPort !== null) listen(parentPort);
