/**
 * prom-client, loaded when it is first used: it takes some 30 ms and 2 MB a thread, and most threads never need it. It
 * is an optional peer, so that the program and this package share its default registry.
 */
import { loadPeer } from '../../peer-packages.js';

let loaded: typeof import('prom-client') | undefined;

/**
 * @returns the module that `import 'prom-client'` gives in this thread.
 * @throws PackageError when it is not installed.
 */
export function promClient(): typeof import('prom-client') {
  loaded ??= loadPeer('a Prometheus registry', 'prom-client') as typeof import('prom-client');
  return loaded;
}
