/**
 * Addresses of sources on the command line, by their schemes: one entry a kind of source.
 *
 * An address may hold a password. Errors show no more of it than its scheme.
 */
import { ConfigError } from '../errors.js';
import { hidden } from '../options/rules.js';
import type { Target } from '../server/target.js';
import type { SourceRef } from '../source.js';
import { ndjson } from '../sources/ndjson/index.js';
import { jetStreamStream } from './jetstream-source.js';
import { redisStream } from './redis-source.js';

/** A source, and what can be shown of it. */
export interface NamedSource {
  readonly place: Target;
  /** The place in a word. */
  readonly shown: string;
  /**
   * The source itself.
   *
   * @throws ConfigError for an option that cannot work; PackageError when a package is not installed.
   */
  make(): SourceRef;
}

export interface SourceAddress {
  /**
   * The source that the address names.
   *
   * @param taker what takes its rows, in a word: workers with the same one share what there is to read.
   */
  sourceFor(taker: string): NamedSource;
}

/** A kind of source. */
export interface SourceKind {
  /** The form of its addresses, for errors and help. */
  readonly form: string;
  /** @throws ConfigError, which shows no secret. */
  read(text: string, option: string): SourceAddress;
}

const ndjsonFile: SourceKind = {
  form: 'ndjson:FILE',
  read(text, option) {
    const file = text.slice('ndjson:'.length).trim();
    if (file === '') throw new ConfigError(option, text, 'a file behind "ndjson:"');
    const source = { place: { scheme: 'ndjson', file }, shown: file, make: () => ndjson({ file }) };
    return { sourceFor: () => source };
  },
};

/** By scheme. */
const kinds: Readonly<Record<string, SourceKind>> = {
  ...{ ndjson: ndjsonFile, nats: jetStreamStream, tls: jetStreamStream },
  ...{ redis: redisStream, rediss: redisStream },
};

/** The forms of addresses, for errors and help. */
export const sourceForms = [...new Set(Object.values(kinds))].map(({ form }) => form).join(', ');

/**
 * Read an address.
 *
 * @param option the option that gave it, for errors.
 * @throws ConfigError, which shows no secret.
 */
export function readSourceAddress(text: string, option: string): SourceAddress {
  const [, scheme = ''] = /^([a-z][a-z\d+.-]*):/i.exec(text) ?? [];
  const kind = Object.hasOwn(kinds, scheme) ? kinds[scheme] : undefined;
  if (kind !== undefined) return kind.read(text, option);
  throw new ConfigError(option, scheme === '' ? hidden : `${scheme}:…`, sourceForms);
}
