/**
 * Lets a service listen on the address that the options name, and says why it cannot.
 */
import type { FastifyInstance } from 'fastify';
import { ExpectedError } from './expected-error.js';

/**
 * Listen on an address.
 *
 * @returns the service's URL.
 * @throws ExpectedError when the port cannot be had.
 */
export async function listen(
  service: FastifyInstance,
  { host, port }: { readonly host: string; readonly port: number },
): Promise<string> {
  try {
    await service.listen({ host, port });
  } catch (error) {
    throw new ExpectedError(listenMessage(error as NodeJS.ErrnoException, host, port), { cause: error });
  }
  const [address] = service.addresses();
  const name = host.includes(':') ? `[${host}]` : host;
  return `http://${name}:${typeof address === 'object' ? address.port : port}`;
}

export function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || host.startsWith('127.');
}

function listenMessage({ code, message }: NodeJS.ErrnoException, host: string, port: number): string {
  if (code === 'EADDRINUSE') return `port ${port} on ${host} is in use; choose another with --port`;
  if (code === 'EMFILE' || code === 'ENFILE')
    return `no more files can be opened, to listen on ${host}:${port}; raise their limit (ulimit -n)`;
  if (code === 'EACCES') return `port ${port} needs more rights; choose one above 1023 with --port`;
  if (code === 'EADDRNOTAVAIL' || code === 'ENOTFOUND')
    return `${host} is not an address of this machine; see --host`;
  return `cannot listen on ${host}:${port}: ${message}`;
}
