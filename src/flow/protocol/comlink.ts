/**
 * Comlink over Node's message ports. Its node adapter ships without types that `nodenext` resolves.
 */
import type { MessagePort } from 'node:worker_threads';
import * as Comlink from 'comlink';
import nodeEndpoint from 'comlink/dist/esm/node-adapter.mjs';

/** Let the other side of the port call this object's methods. */
export function expose(api: object, port: MessagePort): void {
  Comlink.expose(api, nodeEndpoint(port));
}

/** The object exposed on the other side of the port; every call returns a promise. */
export function wrap<T>(port: MessagePort): Comlink.Remote<T> {
  return Comlink.wrap<T>(nodeEndpoint(port));
}

/** Mark buffers to be moved, not copied, with the value. */
export const transfer = Comlink.transfer;
