/**
 * prom-client, loaded when it is first used: it takes some 30 ms and 2 MB a thread, and most threads never need it.
 */
import { createRequire } from 'node:module';

let loaded: typeof import('prom-client') | undefined;

/** The same module that `import 'prom-client'` gives in this thread. */
export function promClient(): typeof import('prom-client') {
  loaded ??= createRequire(import.meta.url)('prom-client') as typeof import('prom-client');
  return loaded;
}
