/**
 * What one more connection needs beside the options that were posted: passwords and certificates that stand in files
 * are read each time, so that they can be renewed while the flow runs.
 */
import { readFile } from 'node:fs/promises';
import { messageOf } from '../../describe.js';
import { SinkError } from '../../errors.js';
import type { TlsOptions } from './connection-options.js';

/** A secret that cannot be had. The configuration is wrong, and no row is. */
export class SecretError extends SinkError {
  readonly verdict = 'retry';
  readonly reason = 'auth';
}

/** @throws SinkError when the file cannot be read or the variable is not set. */
export function passwordOf({
  passwordFile,
  passwordEnv,
}: {
  readonly passwordFile: string | undefined;
  readonly passwordEnv: string | undefined;
}): Promise<string | undefined> {
  return secretText(passwordFile, passwordEnv, 'password');
}

/**
 * A secret from a file or from the environment; undefined where neither is named.
 *
 * @param option the option's name without `File` and `Env`, for errors.
 * @throws SinkError when the file cannot be read or the variable is not set.
 */
export async function secretText(
  file: string | undefined,
  variable: string | undefined,
  option: string,
): Promise<string | undefined> {
  if (file !== undefined) return (await textOf(file, `${option}File`)).trim();
  if (variable === undefined) return undefined;
  const secret = process.env[variable];
  if (secret !== undefined) return secret;
  throw new SecretError(`${option}Env: the environment variable ${variable} is not set`);
}

/** Options of TLS as they are when they are checked: those that are left out are there. */
type CheckedTls = { readonly [K in keyof TlsOptions]: TlsOptions[K] | undefined };

/** TLS in detail, with the content of its files. @throws SinkError when one cannot be read. */
export async function tlsOf(ssl: CheckedTls) {
  const { caFile, certFile, keyFile, ...given } = ssl;
  const [ca, cert, key] = await Promise.all([
    caFile === undefined ? given.ca : textOf(caFile, 'ssl.caFile'),
    certFile === undefined ? given.cert : textOf(certFile, 'ssl.certFile'),
    keyFile === undefined ? given.key : textOf(keyFile, 'ssl.keyFile'),
  ]);
  return defined({ ...given, ca, cert, key });
}

/**
 * The same for a secret that proves who sends: one that is empty proves nothing, and nobody would see that.
 *
 * @throws SinkError also when it is empty.
 */
export async function neededSecret(
  file: string | undefined,
  variable: string | undefined,
  option: string,
): Promise<string | undefined> {
  const secret = await secretText(file, variable, option);
  if (secret !== '') return secret;
  throw new SecretError(
    file === undefined ? `${option}Env: ${variable} is empty` : `${option}File: ${file} is empty`,
  );
}

async function textOf(file: string, option: string): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch (cause) {
    throw new SinkError(`${option} cannot be read: ${messageOf(cause)}`, { cause });
  }
}

/** The driver's options from the module of `connectionModule`. @throws SinkError when it gives none. */
export async function fromModule<O extends object>(module: string): Promise<O> {
  try {
    const { default: configOf } = (await import(module)) as { default: () => Promise<O> };
    return { ...(await configOf()) };
  } catch (cause) {
    throw new SinkError(`the connection module ${module} gave no options: ${messageOf(cause)}`, { cause });
  }
}

type Present<T> = { [K in keyof T]?: Exclude<T[K], undefined> };

/** An object without the members that are undefined: drivers and Node take them for values. */
export function defined<T extends object>(given: T): Present<T> {
  return Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined)) as never;
}
