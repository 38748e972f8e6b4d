/**
 * Node's errors of networks, names and certificates, which drivers pass on.
 */

const ofNetworks = /^(E(CONN\w+|PIPE|TIMEDOUT|HOST\w+|NET\w+|AI_\w+|NOTFOUND|ADDR\w+|ACCES)|UND_ERR_\w+)$/;
/** TLS and certificates. */
const ofTls = /^(ERR_(SSL|TLS)_\w+|CERT_\w+|DEPTH_ZERO_\w+|SELF_SIGNED_\w+|UNABLE_TO_\w+|HOSTNAME_MISMATCH)$/;

/** Whether an error is about the way to a server, by its code. */
export function isNetworkError(error: unknown): boolean {
  const code = (error as { code?: unknown } | null | undefined)?.code;
  return typeof code === 'string' && (ofNetworks.test(code) || ofTls.test(code));
}
