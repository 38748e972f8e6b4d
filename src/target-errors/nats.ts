/**
 * Errors of NATS and JetStream by the names of the client's classes, and by the server's numbers:
 * https://github.com/nats-io/nats-server/blob/main/server/errors.json
 *
 * The server looks into no message, so no event is bad. What a message may be is said by its size alone.
 */
import { type Meaning, meaning, propertyOf } from './meaning.js';

const connection = meaning('retry', 'connection');
const overload = meaning('retry', 'overload');
const auth = meaning('retry', 'auth');
const syntax = meaning('retry', 'syntax');
const tooLarge: Meaning = { verdict: 'fatal', reason: 'overload', split: true };

/** Names that no other package has. */
const byName: Readonly<Record<string, Meaning>> = {
  // Nobody listens: the stream has no leader at this moment, or there is no such stream.
  NoResponders: connection,
  JetStreamNotEnabled: connection,
  ClosedConnectionError: connection,
  DrainingConnectionError: connection,
  AuthorizationError: auth,
  UserAuthenticationExpiredError: auth,
  PermissionViolationError: auth,
  JetStreamError: meaning('retry', 'unknown'),
  InvalidSubjectError: syntax,
};

const byNumber: ReadonlyMap<number, Meaning> = new Map(
  (
    [
      // A message, or its headers, above what the stream takes.
      [tooLarge, [10054, 10097]],
      // Full: of the stream (10077), the server, the account; too many requests; the same message is under way.
      [overload, [10002, 10023, 10028, 10047, 10077, 10122, 10158, 10167, 10210, 10211]],
      // No leader, not enabled, too few servers, offline, another stream's server.
      [connection, [10004, 10005, 10007, 10008, 10009, 10039, 10076, 10118, 10194]],
      // The stream: not there, another one, sealed, not valid, subjects or settings that clash.
      [syntax, [10025, 10027, 10052, 10056, 10058, 10059, 10060, 10065, 10074, 10096, 10109, 10113, 10120]],
    ] as const
  ).flatMap(([means, numbers]) => numbers.map((number) => [number, means] as const)),
);

/** The server's own number of an error, such as 10077. */
export function jetStreamNumber(error: unknown): number | undefined {
  const code = propertyOf(error, 'code');
  const isOfServer = typeof code === 'number' && code >= 10_000 && code < 20_000;
  return isOfServer && Number.isInteger(propertyOf(error, 'status')) ? code : undefined;
}

/** Undefined where neither the client nor a server of NATS has sent it. */
export function ofNats(error: unknown): Meaning | undefined {
  const number = jetStreamNumber(error);
  if (number === undefined) {
    const name = String(propertyOf(error, 'name'));
    return Object.hasOwn(byName, name) ? byName[name] : undefined;
  }
  const status = propertyOf(error, 'status') as number;
  return byNumber.get(number) ?? (status < 500 ? syntax : meaning('retry', 'unknown'));
}
