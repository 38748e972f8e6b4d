/**
 * Signatures of bodies: an HMAC of the time, a point and the body, so that a body that was sent before can be told by
 * its time. Receivers of webhooks know the form: `t=<seconds>,v1=<hex>`.
 */
import { createHmac } from 'node:crypto';
import { neededSecret } from '../connections/connection-secrets.js';
import type { SignatureSettings } from './options.js';

/** @throws SinkError when the key's file cannot be read, its variable is not set, or it is empty. */
export async function signatureHeaders(
  { secret, secretFile, secretEnv, header, algorithm }: SignatureSettings,
  body: Uint8Array,
  now = Date.now(),
): Promise<Record<string, string>> {
  const key = secret ?? ((await neededSecret(secretFile, secretEnv, 'signature.secret')) as string);
  const seconds = Math.floor(now / 1000);
  const mac = createHmac(algorithm, key).update(`${seconds}.`).update(body).digest('hex');
  return { [header.toLowerCase()]: `t=${seconds},v1=${mac}` };
}
