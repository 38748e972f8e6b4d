/**
 * The names by which a service without a token may be called: a defence against DNS rebinding.
 *
 * A web page can point its own name at the service's address. Its scripts then read and write here as if they were the
 * service's own, since the browser compares names. Only the name in the `Host` header gives them away. An address, and
 * a name of the loopback, cannot be pointed elsewhere.
 */
import { isIP } from 'node:net';
import { domainToASCII } from 'node:url';

/** A name or an address, which is in brackets if it is one of IPv6, and perhaps a port. */
const hostPattern = /^(?:\[[\da-f:.]+\]|[^\s:/?#@\\[\]%]+)(?::\d*)?$/i;

/**
 * The name or address in a `Host` header: in lower case, without port, brackets and final dot.
 *
 * @returns undefined for what is neither.
 */
export function hostName(header: string): string | undefined {
  if (!hostPattern.test(header) || !URL.canParse(`http://${header}`)) return undefined;
  return new URL(`http://${header}`).hostname.replace(/^\[|\]$|\.$/g, '');
}

/** What `allowedName` takes, for errors. */
export const nameExpected =
  'the name of a host, without a port, and with no number as its last part: events.internal';

/**
 * The form of a name in headers; undefined for what cannot be a name of a host, such as one with a port. A name whose
 * last part is a number cannot be one either: browsers read it as an address.
 */
export function allowedName(text: string): string | undefined {
  if (/[\s:/?#@\\[\]%*]/.test(text)) return undefined;
  const name = hostName(domainToASCII(text) || text);
  return name === '' || (name !== undefined && isIP(name) > isIP(text)) ? undefined : name;
}

/**
 * Make the check of `Host` headers.
 *
 * @param allowed names beside addresses and those of the loopback.
 * @returns whether a header is of one of them. HTTP/1.0 may do without the header, and no browser does.
 */
export function hostCheck(allowed: readonly string[]): (header: string | undefined) => boolean {
  const names = new Set(allowed.map(allowedName));
  return (header) => {
    if (header === undefined) return true;
    const name = hostName(header);
    if (name === undefined) return false;
    return isIP(name) !== 0 || name === 'localhost' || name.endsWith('.localhost') || names.has(name);
  };
}
