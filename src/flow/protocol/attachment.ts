/**
 * The message that a producer's thread sends to the flow's creating thread when it attaches.
 */
import type { MessagePort } from 'node:worker_threads';

/** What a producer's thread tells the flow's: this port closes when the thread dies. */
export interface Attachment {
  readonly batchflow: string;
  readonly slot: number;
  readonly holder: number;
  readonly port: MessagePort;
}

/** The code of `postMessageToThread` where the thread has ended, or has no listener: none yet, or none any more. */
export const notReceived = 'ERR_WORKER_MESSAGING_FAILED';
