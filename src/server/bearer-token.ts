/**
 * Compares the token of a request with the service's own, in a time that says nothing about either.
 */
import { createHash, timingSafeEqual } from 'node:crypto';
import { secret } from '../options/rules.js';

/** A header cannot hold other tokens: white space around them, and control characters, get lost on the way. */
export const tokenRule = secret(
  (token) => /^(?!\s)\P{Cc}+$/u.test(token) && !/\s$/.test(token),
  'a token that is not empty, without white space around it and without control characters',
);

/**
 * @param token as `tokenRule` takes it.
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
