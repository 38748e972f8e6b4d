/**
 * What errors, logs and pages show of an address: no user, no password, no query, and no part of a path that may be a
 * secret, as those of webhooks are.
 */

/** Ids and keys in paths are at least so long; names of resources are shorter as a rule. */
const longestShown = 16;

/** The parts of a path that are not shown. */
export function secretParts({ pathname }: URL): string[] {
  return pathname.split('/').filter((part) => part.length >= longestShown);
}

export function shownUrl(url: URL): string {
  const path = url.pathname
    .split('/')
    .map((part) => (part.length >= longestShown ? '…' : part))
    .join('/');
  return `${url.protocol}//${url.host}${path}`;
}
