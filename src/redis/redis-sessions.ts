/**
 * Connections to Redis as options say it: to one server, to a cluster, or to a server that sentinels watch.
 */
import { Sessions } from '../sinks/connections/sessions.js';
import { untilAborted } from '../sinks/connections/until-aborted.js';
import { addressOf } from './address.js';
import { ClientConnection } from './client-connection.js';
import { Connection } from './connection.js';
import type { RedisServerSettings } from './server-options.js';
import type { RedisSession } from './session.js';

/**
 * @param key the only key that is read, by sessions whose replies have values; undefined: replies have verdicts only,
 *   and each command finds the place of its key.
 */
export function redisSessions(settings: RedisServerSettings, key?: string): Sessions<RedisSession> {
  const { cluster, sentinel } = settings;
  return new Sessions('Redis', async (signal) => {
    const address = await untilAborted(addressOf(settings), signal);
    return cluster !== undefined || sentinel !== undefined
      ? ClientConnection.open(address, settings, signal, key)
      : Connection.open(address, settings, signal, key !== undefined);
  });
}
