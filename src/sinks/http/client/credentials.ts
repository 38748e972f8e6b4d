/**
 * Headers that prove one's identity: tokens and passwords from the options, from files, from the environment, from a
 * module. All but the first are read for each request, so that they can be renewed while the flow runs.
 */
import { messageOf } from '../../../describe.js';
import { isObject } from '../../../options/rules.js';
import { neededSecret, SecretError, secretText } from '../../connections/connection-secrets.js';
import type { HttpSettings } from './options.js';
import { secretParts } from './shown-url.js';

export type Headers = Readonly<Record<string, string>>;

/** Headers and parameters whose values are not shown where a target repeats them: `sig` is Azure's. */
const secretNames = /auth|token|key|secret|cookie|password|sig/i;
/** Shorter texts may stand anywhere. */
const shortestSecret = 6;

export class Credentials {
  #known: readonly string[] = [];

  /**
   * @param target the address, whose user and password count where the options have none.
   * @param scheme what stands before a token: `Bearer`.
   */
  constructor(
    private readonly settings: HttpSettings,
    private readonly target: URL,
    private readonly scheme: string,
  ) {}

  /**
   * All headers of the options, with `authorization`.
   * @throws SinkError when a file cannot be read, a variable is not set, or the module gives no headers.
   */
  async headers(): Promise<Record<string, string>> {
    const { settings } = this;
    const token = settings.token ?? (await neededSecret(settings.tokenFile, settings.tokenEnv, 'token'));
    const basic = token === undefined ? await this.#basic() : undefined;
    const headers: Record<string, string> = {};
    if (token !== undefined) headers.authorization = `${this.scheme} ${token}`;
    if (basic !== undefined) headers.authorization = `Basic ${Buffer.from(basic).toString('base64')}`;
    for (const [name, value] of Object.entries(settings.headers)) headers[name.toLowerCase()] = value;
    if (settings.headersModule !== undefined) {
      Object.assign(headers, await headersOf(settings.headersModule));
    }
    const inAddress = [...secretsOf(this.target.searchParams), ...secretParts(this.target)];
    const password = basic?.slice(basic.indexOf(':') + 1);
    const known = [token, password, ...secretsOf(Object.entries(headers)), ...inAddress];
    this.#known = known
      .filter((secret) => secret !== undefined)
      .flatMap((secret) => [secret, encodeURIComponent(secret)])
      .filter(({ length }) => length >= shortestSecret)
      // One may be a part of another.
      .sort((a, b) => b.length - a.length);
    return headers;
  }

  /** A text of the target's without the secrets that the last request had. */
  hide(text: string): string {
    return this.#known.reduce((shown, secret) => shown.replaceAll(secret, '[hidden]'), text);
  }

  /** User and password; undefined: there is no user. */
  async #basic(): Promise<string | undefined> {
    const { username, password, passwordFile, passwordEnv } = this.settings;
    const user = username ?? decodeURIComponent(this.target.username);
    if (user === '') return undefined;
    const given = password ?? (await secretText(passwordFile, passwordEnv, 'password'));
    return `${user}:${given ?? decodeURIComponent(this.target.password)}`;
  }
}

function secretsOf(named: Iterable<[string, string]>): string[] {
  return [...named].flatMap(([name, value]) =>
    secretNames.test(name) ? [value, value.replace(/^\S+ /, '')] : [],
  );
}

async function headersOf(module: string): Promise<Headers> {
  let headers: unknown;
  try {
    const { default: give } = (await import(module)) as { default: () => unknown };
    headers = await give();
  } catch (cause) {
    throw new SecretError(`the headers module ${module} gave no headers: ${messageOf(cause)}`, { cause });
  }
  if (!isObject(headers) || Object.values(headers).some((value) => typeof value !== 'string')) {
    throw new SecretError(`the headers module ${module} gave no object of texts`);
  }
  return Object.fromEntries(
    Object.entries(headers as Headers).map(([name, value]) => [name.toLowerCase(), value]),
  );
}
