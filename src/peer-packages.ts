/**
 * The optional peers: packages that users install for the parts which need them. The engine needs none.
 */
import { PackageError } from './errors.js';
import { ownRequire } from './own-files.js';

/** The version of each peer that is installed by the command which an error names. */
export const peerVersions = {
  '@nats-io/jetstream': 3,
  '@nats-io/transport-node': 3,
  '@redis/client': 6,
  'apache-arrow': 21,
  'better-sqlite3': 12,
  commander: 14,
  fastify: 5,
  mysql2: 3,
  pg: 8,
  picocolors: 1,
  'prom-client': 15,
} as const;

export type Peer = keyof typeof peerVersions;

/**
 * Make sure that all packages of a part are installed before the first is loaded: one error names all that are missing.
 *
 * @param part the part, as the error's first words.
 * @throws PackageError
 */
export function needPeers(part: string, peers: readonly Peer[]): void {
  const missing = peers.filter((peer) => !hasPeer(peer));
  if (missing.length === 0) return;
  const command = missing.map((peer) => `${peer}@${peerVersions[peer]}`).join(' ');
  const verb = missing.length === 1 ? 'which is not installed' : 'which are not installed';
  throw new PackageError(`${part} needs ${missing.join(', ')}, ${verb}: npm i ${command}`);
}

/** Whether a peer is installed. */
export function hasPeer(peer: Peer): boolean {
  try {
    ownRequire().resolve(peer);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'MODULE_NOT_FOUND') return false;
    throw error;
  }
}

/**
 * Load a peer.
 *
 * @returns the module that `import` of the peer gives in this thread.
 * @throws PackageError when it is not installed.
 */
export function loadPeer(part: string, peer: Peer): unknown {
  needPeers(part, [peer]);
  return ownRequire()(peer);
}
