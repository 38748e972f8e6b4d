/**
 * Records an upgrade, or a tunnel by CONNECT, with the status that its handler writes to the connection.
 *
 * Such a request has no response: its handler writes the head itself, and then whatever the protocol has. A connection
 * may then last for hours, so the duration is that of the head.
 */
import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import type { Recorder } from '../api/recorder.js';
import { recordRequest } from './response-watch.js';

const methods = ['write', 'end'] as const;
const clientClosed = 499;

/** Watch the connection of a request until the first bytes are written to it, or until it closes. */
export function recordUpgrade(
  recorder: Recorder,
  request: IncomingMessage,
  socket: Duplex,
  pathOf: () => string,
): void {
  const startedAt = performance.now();
  const restorers: (() => void)[] = [];
  let ended = false;
  const end = (status: number) => {
    if (ended) return;
    ended = true;
    for (const restore of restorers) restore();
    recordRequest(recorder, request, pathOf, status, startedAt);
  };
  for (const method of methods) {
    const before = Object.getOwnPropertyDescriptor(socket, method);
    const original: unknown = socket[method];
    const observed = (...args: unknown[]) => {
      end(statusOf(args[0]));
      return Reflect.apply(original as (...args: unknown[]) => unknown, socket, args);
    };
    Object.defineProperty(socket, method, { configurable: true, writable: true, value: observed });
    restorers.push(() => {
      // What another library has put there meanwhile stays, and calls this one.
      if (socket[method] !== observed) return;
      if (before === undefined) Reflect.deleteProperty(socket, method);
      else Object.defineProperty(socket, method, before);
    });
  }
  socket.once('close', () => end(clientClosed));
}

/** @returns the status of a head; 101 for bytes that are none. */
function statusOf(written: unknown): number {
  const isText = typeof written === 'string' || written instanceof Uint8Array;
  const start = isText ? Buffer.from(written.slice(0, 12) as string).toString('latin1') : '';
  return Number(/^HTTP\/1\.\d (\d{3})/.exec(start)?.[1] ?? 101);
}
