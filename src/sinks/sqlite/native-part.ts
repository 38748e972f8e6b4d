/**
 * The native part of better-sqlite3, which it loads when it opens its first file: what to do where that fails.
 */

/**
 * Advise on a driver whose native part was built for another Node.js, or was not built at all.
 *
 * @returns undefined for any other error.
 */
export function nativePartAdvice(error: unknown): string | undefined {
  const { code, message } = error as NodeJS.ErrnoException;
  if (code !== 'ERR_DLOPEN_FAILED' && !/^Could not locate the bindings file/.test(message)) return undefined;
  return (
    `better-sqlite3 is not built for this Node.js (${process.version}, ${process.platform} ${process.arch}); ` +
    'run npm rebuild better-sqlite3 with it'
  );
}
