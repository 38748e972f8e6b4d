/**
 * Errors of Node itself and of what speaks over its sockets: networks, names, certificates, files.
 */
import { type Meaning, meaning, propertyOf } from './meaning.js';

const timeouts = /^(E(SOCKET)?TIMEDOUT|UND_ERR_\w*TIMEOUT)$/;
const networks =
  /^(E(CONN\w+|PIPE|NOTCONN|HOST\w+|NET\w+|AI_\w+|NOTFOUND|ADDR\w+)|UND_ERR_\w+|ERR_(NETWORK|STREAM_PREMATURE_CLOSE))$/;
/** What `mysql2` says of its connection. */
const drivers = /^PROTOCOL_\w+$/;
/** TLS and certificates. */
const certificates =
  /^(ERR_(SSL|TLS)_\w+|EPROTO|CERT_\w+|DEPTH_ZERO_\w+|SELF_SIGNED_\w+|UNABLE_TO_\w+|HOSTNAME_MISMATCH)$/;
/** Somebody may make room, mount the disk, or put the rights of the file right. */
const files = /^E(NOSPC|DQUOT|IO|ROFS|MFILE|NFILE|NOENT|ACCES|PERM|BUSY)$/;

/** Undefined where Node has not thrown it. */
export function ofNode(error: unknown): Meaning | undefined {
  const code = propertyOf(error, 'code');
  if (typeof code !== 'string') {
    return propertyOf(error, 'name') === 'TimeoutError' ? meaning('retry', 'timeout') : undefined;
  }
  if (timeouts.test(code)) return meaning('retry', 'timeout');
  if (networks.test(code) || drivers.test(code)) return meaning('retry', 'connection');
  if (certificates.test(code)) return meaning('retry', 'auth');
  return files.test(code) ? meaning('retry', 'io') : undefined;
}
