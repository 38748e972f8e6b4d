/**
 * Compares the token of a request with the service's own, in a time that says nothing about either.
 */
import { createHash, timingSafeEqual } from 'node:crypto';

/**
 * @param token not empty.
 * @returns whether an `Authorization` header carries this token, as "Bearer <token>".
 */
export function tokenCheck(token: string): (authorization: string | undefined) => boolean {
  const expected = digest(token);
  return (authorization = '') => {
    const given = /^bearer +(\S.*)$/i.exec(authorization)?.[1] ?? '';
    // Node reads headers as Latin-1; a token beyond ASCII came as UTF-8.
    return timingSafeEqual(digest(Buffer.from(given, 'latin1')), expected);
  };
}

/** Equal lengths for `timingSafeEqual`, whatever the length of the text. */
function digest(text: string | Buffer): Buffer {
  return createHash('sha256').update(text).digest();
}
