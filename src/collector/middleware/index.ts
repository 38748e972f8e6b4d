/**
 * What records into a collector from outside: hooks of servers, of outgoing requests, and of caches.
 */
export { countEvictions, type ObservedCacheOptions, observedCache } from './cache.js';
export { type ConnectHandler, connectMetrics } from './connect.js';
export { type FastifyMetricsOptions, fastifyMetrics } from './fastify.js';
export { type FetchRequest, type ObservedFetchOptions, observedFetch } from './fetch.js';
export type { NameOf } from './name-for.js';
export { type ObserveServerOptions, observeServer } from './server.js';
export { type DispatchRequest, type UndiciOptions, undiciInterceptor } from './undici.js';
