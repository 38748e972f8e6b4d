/**
 * One more connection to a target: directly or through a proxy, with TLS or without.
 */
import { request as httpRequest } from 'node:http';
import { connect as connectTcp, isIP, type Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { connect as connectTls } from 'node:tls';
import { tlsOf } from '../../connections/connection-secrets.js';
import { HttpTimeoutError } from './http-error.js';
import type { HttpSettings } from './options.js';
import { type HttpProxy, portOf, withoutBrackets } from './proxy.js';

export interface Way {
  readonly target: URL;
  readonly proxy: HttpProxy | undefined;
  readonly tls: HttpSettings['tls'];
  readonly connectTimeoutMs: number;
}

/** Sockets are probed when nothing has come for so long. */
const keepAliveMs = 15_000;

/**
 * Connect.
 *
 * @returns a socket on which requests can be written.
 * @throws what Node throws; HttpTimeoutError when it takes too long.
 */
export async function connect(way: Way, signal?: AbortSignal): Promise<Duplex> {
  const { target, proxy, connectTimeoutMs } = way;
  const opened: Duplex[] = [];
  let fail = (_error: unknown) => {};
  const failed = new Promise<never>((_, reject) => {
    fail = reject;
  });
  const timer = setTimeout(() => {
    fail(new HttpTimeoutError('the connection', 'connectTimeoutMs', connectTimeoutMs));
  }, connectTimeoutMs);
  const abort = () => fail(signal?.reason);
  signal?.addEventListener('abort', abort, { once: true });
  if (signal?.aborted) abort();
  try {
    const connected = open(way, target, proxy, opened);
    connected.catch(() => {});
    return await Promise.race([connected, failed]);
  } catch (error) {
    for (const socket of opened) socket.destroy();
    throw error;
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener('abort', abort);
  }
}

async function open(
  { tls }: Way,
  target: URL,
  proxy: HttpProxy | undefined,
  opened: Duplex[],
): Promise<Duplex> {
  const isSecure = target.protocol === 'https:';
  const tcp = await plain(proxy?.url ?? target, opened);
  // A proxy takes requests for targets without TLS as they are.
  if (proxy === undefined) return isSecure ? secure(tcp, target, tls, opened) : tcp;
  const toProxy = proxy.url.protocol === 'https:' ? await secure(tcp, proxy.url, {}, opened) : tcp;
  if (!isSecure) return toProxy;
  return secure(await tunnel(toProxy, target, proxy, opened), target, tls, opened);
}

function plain(url: URL, opened: Duplex[]): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connectTcp({
      host: withoutBrackets(url.hostname),
      port: portOf(url),
      noDelay: true,
      keepAlive: true,
      keepAliveInitialDelay: keepAliveMs,
    });
    opened.push(socket);
    socket.once('error', reject);
    socket.once('connect', () => {
      socket.off('error', reject);
      resolve(socket);
    });
  });
}

async function secure(
  socket: Duplex,
  { hostname }: URL,
  given: Partial<HttpSettings['tls']>,
  opened: Duplex[],
): Promise<Duplex> {
  const host = withoutBrackets(hostname);
  const options = await tlsOf(given as HttpSettings['tls']);
  return new Promise((resolve, reject) => {
    const tls = connectTls({
      // An address is no name of a server (RFC 6066, 3), but certificates may have it.
      ...(isIP(host) === 0 && { servername: host }),
      host,
      minVersion: 'TLSv1.2',
      ALPNProtocols: ['http/1.1'],
      ...options,
      socket,
    });
    opened.push(tls);
    const broken = () =>
      reject(Object.assign(new Error('the connection was closed'), { code: 'ECONNRESET' }));
    tls.once('error', reject);
    tls.once('close', broken);
    tls.once('secureConnect', () => {
      tls.off('error', reject);
      tls.off('close', broken);
      resolve(tls);
    });
  });
}

/** A connection to the target by `CONNECT`. */
function tunnel(socket: Duplex, target: URL, proxy: HttpProxy, opened: Duplex[]): Promise<Duplex> {
  const authority = `${target.hostname}:${portOf(target)}`;
  return new Promise((resolve, reject) => {
    const request = httpRequest({
      method: 'CONNECT',
      path: authority,
      headers: {
        host: authority,
        ...(proxy.authorization !== undefined && { 'proxy-authorization': proxy.authorization }),
      },
      createConnection: () => socket as Socket,
    });
    request.once('error', reject);
    request.once('connect', ({ statusCode }, tunnelled: Duplex) => {
      opened.push(tunnelled);
      if (statusCode === 200) resolve(tunnelled);
      else reject(new ProxyError(statusCode));
    });
    request.end();
  });
}

/** The proxy does not connect to the target. */
class ProxyError extends Error {
  override readonly name = 'ProxyError';
  readonly code = 'ECONNREFUSED';

  constructor(status: number | undefined) {
    super(`the proxy answered ${status} to CONNECT`);
  }
}
