/**
 * Addresses of UDP ports on the command line: `127.0.0.1:8125`, `[::1]:8125`, `:8125`, `8125`.
 */
import { isIPv6 } from 'node:net';
import { InvalidArgumentError } from 'commander';

export interface UdpAddress {
  readonly host: string;
  readonly port: number;
}

export function udpAddress(text: string): UdpAddress {
  const [, brackets, plain, digits] = /^(?:\[([^\]]*)\]:|([^:[\]\s]*):)?(\d+)$/.exec(text.trim()) ?? [];
  const port = Number(digits);
  const isBad = digits === undefined || port > 65_535 || (brackets !== undefined && !isIPv6(brackets));
  if (isBad) throw new InvalidArgumentError('Expected an address such as 127.0.0.1:8125 or [::1]:8125.');
  return { host: brackets ?? (plain || '127.0.0.1'), port };
}
