/**
 * Which proxy stands between a sink and its target: that of the options, or that of the environment, by the variables
 * that curl and most other programs read.
 */
import { SinkError } from '../../../errors.js';
import { isDecodable } from '../../connections/connection-options.js';

export interface HttpProxy {
  readonly url: URL;
  /** The header `Proxy-Authorization`, if the address has a user. */
  readonly authorization: string | undefined;
}

/**
 * @param option `proxy` of the options; undefined: the environment says it.
 * @throws SinkError where the environment names what is no HTTP proxy.
 */
export function proxyFor(
  target: URL,
  option: string | boolean | undefined,
  environment: NodeJS.ProcessEnv = process.env,
): HttpProxy | undefined {
  if (option === false) return undefined;
  const read = (name: string) => environment[name.toLowerCase()] || environment[name] || undefined;
  const own = target.protocol === 'https:' ? 'HTTPS_PROXY' : 'HTTP_PROXY';
  const address = typeof option === 'string' ? option : (read(own) ?? read('ALL_PROXY'));
  if (address === undefined) return undefined;
  if (option === undefined && isExcluded(target, read('NO_PROXY') ?? '')) return undefined;
  const text = address.includes('://') ? address : `http://${address}`;
  if (!/^https?:/i.test(text) || !URL.canParse(text)) {
    throw new SinkError(`${own} or ALL_PROXY of the environment is no address of an HTTP proxy`);
  }
  if (!isDecodable(text))
    throw new SinkError(`% signs in ${own} or ALL_PROXY of the environment are to be encoded, as %25`);
  const url = new URL(text);
  const { username, password } = url;
  const user = `${decodeURIComponent(username)}:${decodeURIComponent(password)}`;
  return {
    url,
    authorization: username === '' ? undefined : `Basic ${Buffer.from(user).toString('base64')}`,
  };
}

/** Whether `NO_PROXY` names a target: hosts, domains with all below them, each with a port or without; `*` is all. */
function isExcluded(target: URL, list: string): boolean {
  const host = withoutBrackets(target.hostname);
  const port = portOf(target);
  return list.split(/[\s,]+/).some((entry) => {
    if (entry === '') return false;
    if (entry === '*') return true;
    const [, name = '', ofPort] = /^(\[[^\]]+\]|[^:]+|.*:.*:.*?)(?::(\d+))?$/.exec(entry.toLowerCase()) ?? [];
    if (ofPort !== undefined && Number(ofPort) !== port) return false;
    const domain = withoutBrackets(name).replace(/^\*?\./, '');
    return host === domain || host.endsWith(`.${domain}`);
  });
}

/** A port of a URL, also where it is the protocol's own. */
export function portOf({ port, protocol }: URL): number {
  if (port !== '') return Number(port);
  return protocol === 'https:' ? 443 : 80;
}

/** The address of a host as sockets take it. */
export function withoutBrackets(host: string): string {
  return host.replace(/^\[(.*)\]$/, '$1');
}
