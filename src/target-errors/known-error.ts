/**
 * What errors of well-known targets mean, by their shape: for sinks that do not classify their errors.
 *
 * An error that is not known may wrap one that is, as its `cause`: the `TypeError: fetch failed` of Node's fetch does.
 */
import { ofHttp } from './http.js';
import { type ErrorReason, errorReasons, type Meaning, propertyOf } from './meaning.js';
import { ofMysql } from './mysql.js';
import { ofNats } from './nats.js';
import { ofNode } from './network.js';
import { ofRedis } from './redis.js';
import { ofSqlite } from './sqlite.js';
import { ofPostgres } from './sqlstate.js';

/** A status comes before codes that only look like an SQLSTATE. */
const families = [ofSqlite, ofMysql, ofNats, ofHttp, ofPostgres, ofRedis, ofNode];
/** Causes may form a circle. */
const deepest = 5;

/** Undefined where no family knows the error. */
export function knownError(error: unknown): Meaning | undefined {
  for (let depth = 0, at = error; depth < deepest && at != null; depth++, at = propertyOf(at, 'cause')) {
    for (const family of families) {
      const means = family(at);
      if (means !== undefined) return means;
    }
  }
  return undefined;
}

/** What an answer of `classify`, or an error's own properties, say of a failure; what makes no sense is left out. */
export function ownMeaning(answer: unknown): Meaning {
  if (isVerdict(answer)) return { verdict: answer, split: false };
  if (typeof answer !== 'object' || answer === null) return {};
  const verdict = propertyOf(answer, 'verdict');
  const reason = propertyOf(answer, 'reason');
  const split = propertyOf(answer, 'split') === true;
  return {
    ...(isVerdict(verdict) && { verdict }),
    ...(errorReasons.includes(reason as ErrorReason) && { reason: reason as ErrorReason }),
    // A verdict is about the whole batch, unless it says that its halves are to be tried.
    ...((split || isVerdict(verdict)) && { split }),
  };
}

function isVerdict(value: unknown): value is 'retry' | 'fatal' {
  return value === 'retry' || value === 'fatal';
}
