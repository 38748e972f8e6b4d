/**
 * Connections to NATS. One that is lost is not mended by the client: its owner makes another one.
 */
import { setTimeout } from 'node:timers/promises';
import type { NatsConnection } from '@nats-io/transport-node';
import { untilAborted } from '../sinks/connections/until-aborted.js';
import { addressOf } from './address.js';
import type { NatsSettings } from './options.js';

/** What speaks to JetStream. */
export const natsPackages = ['@nats-io/transport-node', '@nats-io/jetstream'] as const;

const drainMs = 1000;

/** @throws what the client says, or the signal's reason. */
export async function connectNats(
  settings: NatsSettings,
  signal: AbortSignal | undefined,
): Promise<NatsConnection> {
  const nats = await import('@nats-io/transport-node');
  const opening = nats.connect(await addressOf(settings, nats));
  try {
    return await untilAborted(opening, signal);
  } catch (error) {
    // One that comes too late is of no use.
    opening.then((late) => late.close()).catch(() => {});
    throw error;
  }
}

/** @param isWell whether the server is worth waiting for, until it has all that was sent. */
export async function endConnection(connection: NatsConnection, isWell: boolean): Promise<void> {
  if (isWell)
    await Promise.race([connection.drain().catch(() => {}), setTimeout(drainMs, undefined, { ref: false })]);
  await connection.close();
}
