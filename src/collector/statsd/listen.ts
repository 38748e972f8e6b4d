/**
 * Takes lines of StatsD and DogStatsD over UDP, and records them.
 */
import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { isIPv6 } from 'node:net';
import { check } from '../../options/check.js';
import type { Recorder } from '../api/recorder.js';
import { recorderRule } from '../api/recorder-rule.js';
import { type LineCounts, LineRecorder } from './line-recorder.js';
import { type StatsdOptions, statsdRules } from './options.js';

export interface StatsdStats extends LineCounts {
  /** Errors of the socket. */
  socketErrors: number;
}

export interface StatsdListener {
  readonly host: string;
  readonly port: number;
  /** Size of the socket's buffer, as the system has it. */
  readonly recvBufferBytes: number;
  stats(): StatsdStats;
  /** Stop listening. Datagrams that the socket has not handed over are lost. */
  close(): Promise<void>;
}

/**
 * Listen for metrics on a UDP port.
 *
 * @throws ConfigError; or the error of Node when the port cannot be had.
 * @example
 * const statsd = await listenStatsd(collector, { port: 8125 });
 */
export async function listenStatsd(recorder: Recorder, options: StatsdOptions = {}): Promise<StatsdListener> {
  recorderRule.check(recorder, 'recorder');
  const { host, port, recvBufferBytes, maxGauges, onError } = check(statsdRules, options);
  const socket = createSocket({
    type: isIPv6(host) ? 'udp6' : 'udp4',
    ...(recvBufferBytes !== undefined && { recvBufferSize: recvBufferBytes }),
  });
  const lines = new LineRecorder(recorder, maxGauges);
  socket.on('message', (bytes) => lines.read(bytes));
  socket.bind(port, host);
  try {
    await once(socket, 'listening');
  } catch (error) {
    socket.close();
    throw error;
  }
  let socketErrors = 0;
  socket.on('error', (error) => {
    socketErrors++;
    onError?.(error);
  });
  return {
    ...placeOf(socket),
    stats: () => ({ ...structuredClone(lines.counts), socketErrors }),
    close: () => closed(socket),
  };
}

function placeOf(socket: Socket) {
  const { address, port } = socket.address();
  return { host: address, port, recvBufferBytes: socket.getRecvBufferSize() };
}

async function closed(socket: Socket): Promise<void> {
  const end = once(socket, 'close');
  try {
    socket.close();
  } catch {
    // It was closed before.
    return;
  }
  await end;
}
