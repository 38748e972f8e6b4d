/**
 * Where in InfluxDB lines go: a database of InfluxDB 1 and of all that take its protocol, or a bucket of 2 and 3. The
 * sink of events and the collector's backend have these options alike.
 */
import { ConfigError } from '../../errors.js';
import { text } from '../../options/rules.js';
import type { Precision } from './options.js';

export const placeRules = {
  database: text().optional(),
  retentionPolicy: text().optional(),
  bucket: text().optional(),
  org: text().optional(),
};

type Place = { readonly [K in keyof typeof placeRules]: string | undefined };

/** Units as InfluxDB 1 calls them. */
const units = { ns: 'n', us: 'u', ms: 'ms', s: 's' } as const satisfies Record<Precision, string>;

/** @throws ConfigError for options that do not go together. */
export function checkPlace(place: Place): void {
  const { database, bucket, retentionPolicy, org } = place;
  const refuse = (key: keyof Place, expected: string) => {
    throw new ConfigError(key, place[key], expected);
  };
  if ((database === undefined) === (bucket === undefined))
    refuse('database', 'either `database` (InfluxDB 1) or `bucket` (InfluxDB 2 and 3)');
  if (retentionPolicy !== undefined && database === undefined)
    refuse('retentionPolicy', 'nothing without `database`');
  if (org !== undefined && bucket === undefined) refuse('org', 'nothing without `bucket`');
}

/** The path and the query of a write. @param precision the unit of the lines' times. */
export function writeAddress({ database, retentionPolicy, bucket, org }: Place, precision: Precision) {
  if (database === undefined) {
    return {
      path: '/api/v2/write',
      query: { bucket: bucket as string, ...(org !== undefined && { org }), precision },
    };
  }
  return {
    path: '/write',
    query: {
      db: database,
      ...(retentionPolicy !== undefined && { rp: retentionPolicy }),
      precision: units[precision],
    },
  };
}
