/**
 * The options of the Elasticsearch sink: what they mean, what is allowed, and their defaults.
 */
import { ConfigError } from '../../errors.js';
import { type Checked, check, group, type RulesFor } from '../../options/check.js';
import { boolean, custom, hidden, integer, oneOf, secret, text, union } from '../../options/rules.js';
import { type JsonFormOptions, jsonFormRules } from '../encode/json-form.js';
import { checkHttp, type HttpOptions, httpRules, urlRule } from '../http/client/options.js';
import { indexName } from './index-name.js';

/** What is done with a row whose `_id` is there already. */
export type BulkOperation =
  /** Nothing: the row counts as one that the target had. */
  | 'create'
  /** The row takes its place. */
  | 'index'
  /** Its members that the row has are changed; where there is none, the row is stored. */
  | 'update';

export interface ElasticsearchOptions extends HttpOptions, JsonFormOptions {
  /** The address of the cluster: `https://user:password@host:9200`. */
  url: string;
  /**
   * The index, the data stream or the alias. Parts of a time in braces are those of the row's `timeColumn`, in UTC:
   * `events-{yyyy.MM.dd}`. Default: the schema's name.
   */
  index?: string;
  /** Default `create`. */
  op?: BulkOperation;
  /**
   * The document's `_id`: the row's identity, by which a row that is delivered again is stored once; the value of a
   * required column; or one that the server makes. Default `identity`.
   */
  id?: 'identity' | 'server' | { readonly column: string };
  /** Whether `index` is a data stream: `op` is `create` then, and rows need a column `@timestamp`. Default false. */
  dataStream?: boolean;
  /** The column of the times in the index's name, a required timestamp. Default `@timestamp`. */
  timeColumn?: string;
  /** A required column by whose value documents are put on shards. Default: `_id`. */
  routingColumn?: string;
  /** The ingest pipeline. Default: that of the index. */
  pipeline?: string;
  /** When rows can be found: at once, or before the write ends. Default `false`: as the index refreshes. */
  refresh?: boolean | 'wait_for';
  /** An API key as the server shows it, encoded. */
  apiKey?: string;
  /** The name of an environment variable with the API key. */
  apiKeyEnv?: string;
  /** A batch whose body would be larger is sent in halves. Default 16,777,216. */
  maxBodyBytes?: number;
}

const columnRule = group({ column: text() });

export const elasticsearchRules = {
  ...httpRules,
  ...jsonFormRules,
  // As dynamic mappings read them: as dates, and as longs, which the server reads with all digits.
  times: oneOf('ms', 'iso').default('iso'),
  bigints: oneOf('text', 'number').default('number'),
  absent: oneOf('null', 'omit').default('omit'),
  // A failed item tells why, and there may be thousands.
  maxAnswerBytes: integer(1024, 2 ** 30).default(16 * 2 ** 20),
  url: urlRule('https://user@host:9200'),
  index: custom<string>(
    (value) => typeof value === 'string' && indexName(value) !== undefined,
    'the name of an index in small letters, with parts of a time such as {yyyy.MM.dd}, if any',
  ).optional(),
  op: oneOf('create', 'index', 'update').default('create'),
  id: union("'identity', 'server' or { column }", oneOf('identity', 'server'), columnRule).default(
    'identity',
  ),
  dataStream: boolean().default(false),
  timeColumn: text().default('@timestamp'),
  routingColumn: text().optional(),
  pipeline: text().optional(),
  refresh: union("true, false or 'wait_for'", boolean(), oneOf('wait_for')).default(false),
  apiKey: secret().optional(),
  apiKeyEnv: text().optional(),
  maxBodyBytes: integer(1024, 2 ** 30).default(16 * 2 ** 20),
} satisfies RulesFor<ElasticsearchOptions>;

/** The options with their defaults, as they are posted to a flusher. */
export type ElasticsearchSettings = Checked<typeof elasticsearchRules>;

/**
 * Check the options and fill in their defaults.
 *
 * @throws ConfigError for the first option that cannot work.
 */
export function settingsOf(options: ElasticsearchOptions): ElasticsearchSettings {
  const settings = check(elasticsearchRules, options);
  const { apiKey, apiKeyEnv, token, tokenEnv, op, id, dataStream } = settings;
  const keys = { apiKey, apiKeyEnv, token, tokenEnv };
  const [, second] = Object.entries(keys).filter(([, value]) => value !== undefined);
  if (second !== undefined) {
    throw new ConfigError(second[0], hidden, `only one of ${Object.keys(keys).join(', ')}`);
  }
  const withKey = { ...settings, token: apiKey ?? token, tokenEnv: apiKeyEnv ?? tokenEnv };
  checkHttp(withKey);
  if (op === 'update' && typeof id === 'string') {
    throw new ConfigError('id', id, '{ column } with op: update: other ids name no document that is there');
  }
  if (dataStream && op !== 'create') throw new ConfigError('op', op, "'create' with dataStream");
  return withKey;
}

/** What stands before the token in `Authorization`. */
export function schemeOf({ apiKey, apiKeyEnv }: ElasticsearchSettings): string {
  return apiKey === undefined && apiKeyEnv === undefined ? 'Bearer' : 'ApiKey';
}
