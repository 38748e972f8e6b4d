/**
 * Which requests are answered at all, before any route sees them: by the name that they call the service by, and by the
 * web page that they come from.
 *
 * | status | code                 | when                                                               |
 * |--------|----------------------|--------------------------------------------------------------------|
 * | 421    | `host_not_allowed`   | no token is set, and `Host` is no address, and no name of the      |
 * |        |                      | loopback or of `allowedHosts`                                      |
 * | 403    | `origin_not_allowed` | the page is of another origin, which `allowedOrigins` does not name |
 */
import type { FastifyReply, FastifyRequest, onRequestAsyncHookHandler } from 'fastify';
import { visible } from '../describe.js';
import { hostCheck } from './host-names.js';
import { corsHeaders, foreignOrigin, isVisit, originOf, preflightHeaders } from './origins.js';
import { sendAnswer } from './send-answer.js';

export interface AdmissionOptions {
  readonly token: string | undefined;
  readonly allowedHosts: readonly string[] | undefined;
  readonly allowedOrigins: readonly string[] | undefined;
}

/** Headers come from the client and may be long. */
const longestShown = 100;

/** Make the hook that lets a request pass, or answers it. */
export function admission({
  token,
  allowedHosts = [],
  allowedOrigins = [],
}: AdmissionOptions): onRequestAsyncHookHandler {
  const isAllowedHost = hostCheck(allowedHosts);
  const origins = new Set(allowedOrigins.map(originOf));
  return async ({ method, url, headers, raw }: FastifyRequest, reply: FastifyReply) => {
    // A page under a foreign name cannot know the token.
    if (token === undefined && !isAllowedHost(headers.host)) {
      return sendAnswer(reply, 421, { code: 'host_not_allowed', message: hostMessage(headers.host ?? '') });
    }
    // Set on the response below: an event stream begins its answer without fastify.
    if (origins.size > 0) reply.raw.setHeader('vary', 'Origin');
    const origin = foreignOrigin(raw.headers);
    if (origin === undefined || isVisit(method, url, raw.headers)) return;
    if (!origins.has(origin)) {
      return sendAnswer(reply, 403, { code: 'origin_not_allowed', message: originMessage(origin) });
    }
    for (const [name, value] of Object.entries(corsHeaders(origin))) reply.raw.setHeader(name, value);
    const preflight = preflightHeaders(method, raw.headers);
    // Browsers send it without the token.
    if (preflight !== undefined) return reply.code(204).headers(preflight).send();
  };
}

function hostMessage(host: string): string {
  const name = visible(host.slice(0, longestShown));
  return (
    `"${name}" is no known name of this service; call it by its address or as localhost, ` +
    'name it with --allow-host (allowedHosts), or set a token'
  );
}

function originMessage(origin: string): string {
  // Browsers hide an origin as "null"; an empty one comes from other clients.
  const isNamed = origin !== 'null' && origin !== '';
  const page = isNamed ? `a page of ${visible(origin.slice(0, longestShown))}` : 'a page of another origin';
  return `${page} may not use this service; --allow-origin (allowedOrigins) names the origins that may`;
}
