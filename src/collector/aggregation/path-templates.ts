/**
 * Templates of paths, so that `/users/17` and `/users/18` are one series. They are made on the flusher, once for each
 * path that it has not seen lately.
 */

/** Patterns such as `/users/:id/*`: `:name` is one segment, `*` at the end is all that follows. */
export function templatesOf(patterns: readonly string[]): (path: string) => string | undefined {
  const compiled = patterns.map((pattern) => ({ pattern, segments: pattern.split('/') }));
  return (path) => {
    const segments = path.split('/');
    return compiled.find((each) => fits(each.segments, segments))?.pattern;
  };
}

function fits(pattern: readonly string[], path: readonly string[]): boolean {
  const rest = pattern.at(-1) === '*';
  if (rest ? path.length < pattern.length : path.length !== pattern.length) return false;
  return pattern.every((segment, i) => {
    if (rest && i === pattern.length - 1) return true;
    return segment.startsWith(':') ? path[i] !== '' : segment === path[i];
  });
}

/** What changes from request to request: numbers, UUIDs, long hexadecimal texts, long texts with digits. */
const variable = /^(\d+|[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}|[0-9a-f]{16,}|(?=.*\d)[\w.~-]{24,})$/i;

/** Without a pattern that fits: variable segments become `:id`. */
export function usualTemplate(path: string): string {
  return path
    .split('/')
    .map((segment) => (variable.test(segment) ? ':id' : segment))
    .join('/');
}

/** The path of a request's target: without host, query and fragment. */
export function pathOf(target: string): string {
  const path = target.replace(/^[a-z][a-z0-9+.-]*:\/\/[^/?#]*/i, '').replace(/[?#].*$/s, '');
  return path === '' ? '/' : path;
}
