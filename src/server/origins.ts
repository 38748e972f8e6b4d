/**
 * Which web page a request comes from, and what a page of another origin needs to read its answer (CORS).
 *
 * A browser sends a page's requests to any service that it reaches, on the loopback as well, and only keeps the answers
 * from it. So the service itself refuses them. Modern browsers say in `Sec-Fetch-Site` how the page relates to the
 * service, which no script can change and which stays right behind a proxy that changes `Host`. Older ones, and all on
 * unencrypted addresses beyond the loopback, send `Origin` with what is not a plain GET.
 */
import type { IncomingHttpHeaders } from 'node:http';

/** Time for which a browser may remember a preflight's answer. */
const preflightSeconds = 600;

/** The text form of an origin as browsers send it; undefined for what is none, `null` included. */
export function originOf(text: string): string | undefined {
  // URL takes some characters that no browser sends, such as those of a pattern.
  if (!/^[a-z][a-z\d+.-]*:\/\/[^\s/?#@\\*,"'<>]+\/?$/i.test(text) || !URL.canParse(text)) return undefined;
  const { origin } = new URL(text);
  // Browser extensions and applications have schemes of their own.
  return origin === 'null' ? text.toLowerCase().replace(/\/$/, '') : origin;
}

/**
 * The other origin that a request comes from.
 *
 * @returns undefined for one of the service's own page or of no page at all; 'null' where the browser names none.
 */
export function foreignOrigin(headers: IncomingHttpHeaders): string | undefined {
  const { origin, host = '' } = headers;
  const site = headers['sec-fetch-site'];
  if (site === 'same-origin') return undefined;
  if (site === undefined || site === 'none')
    return origin === undefined || isOf(host, origin) ? undefined : origin;
  return origin ?? 'null';
}

/** By name and port: a proxy may have taken the encryption away. */
function isOf(host: string, origin: string): boolean {
  if (!URL.canParse(origin)) return false;
  const page = new URL(origin);
  const own = `${page.protocol}//${host}`;
  return /^https?:$/.test(page.protocol) && URL.canParse(own) && new URL(own).host === page.host;
}

/** Whether a browser's user follows a link to the live page: the page that has the link learns nothing of it. */
export function isVisit(method: string, url: string, headers: IncomingHttpHeaders): boolean {
  return (
    method === 'GET' &&
    /^\/(\?|$)/.test(url) &&
    headers.origin === undefined &&
    headers['sec-fetch-mode'] === 'navigate' &&
    headers['sec-fetch-dest'] === 'document'
  );
}

/**
 * The headers of every answer to an allowed origin. With credentials, since `navigator.sendBeacon` sends with them and
 * a browser refuses the answer otherwise; the service itself uses no cookies.
 */
export function corsHeaders(origin: string): Record<string, string> {
  return {
    'access-control-allow-origin': origin,
    'access-control-allow-credentials': 'true',
    'access-control-expose-headers': 'retry-after',
  };
}

/** The headers of a preflight's answer; undefined when a request is none. */
export function preflightHeaders(
  method: string,
  headers: IncomingHttpHeaders,
): Record<string, string> | undefined {
  if (method !== 'OPTIONS' || headers['access-control-request-method'] === undefined) return undefined;
  const wanted = headers['access-control-request-headers'];
  return {
    'access-control-allow-methods': 'GET, HEAD, POST',
    ...(wanted !== undefined && { 'access-control-allow-headers': wanted }),
    'access-control-max-age': String(preflightSeconds),
  };
}
