/**
 * The options of the Pushgateway backend.
 */
import { type Checked, check, type RulesFor } from '../../../options/check.js';
import { boolean, custom, record, text } from '../../../options/rules.js';
import { urlRule } from '../../../sinks/http/client/options.js';
import {
  type BackendOptions,
  backendRules,
  type CompressionOption,
  checkBackend,
  compressionRule,
} from '../backend-options.js';

export interface PushgatewayOptions extends BackendOptions, CompressionOption {
  /** The gateway: `http://pushgateway.example:9091`. A user and a password in it are sent as Basic authentication. */
  url: string;
  /** The job of the grouping key. Default: the collector's name. */
  job?: string;
  /**
   * More labels of the grouping key, such as `{ instance: 'web-1' }`. Each push replaces all series of its key, so two
   * processes need two keys. Default: none.
   */
  grouping?: Readonly<Record<string, string>>;
  /** Whether the group is deleted at the collector's end, instead of a last push. Default false. */
  deleteAtEnd?: boolean;
}

const labelValue = custom<string>(
  (value) => typeof value === 'string' && value.isWellFormed(),
  'a text, without half a surrogate pair',
);

const groupingRule = record(labelValue, 'an object of label values by name').and(
  (labels) => Object.keys(labels).every((name) => /^[a-z_]\w*$/i.test(name) && name !== 'job'),
  'an object of label values by name; names have letters, digits and _, and `job` is an option of its own',
);

export const pushgatewayRules = {
  ...backendRules,
  compression: compressionRule,
  url: urlRule('http://pushgateway.example:9091'),
  job: text().optional(),
  grouping: groupingRule.default({}),
  deleteAtEnd: boolean().default(false),
} satisfies RulesFor<PushgatewayOptions>;

export type PushgatewaySettings = Checked<typeof pushgatewayRules>;

/** @throws ConfigError for the first option that cannot work. */
export function settingsOf(options: PushgatewayOptions): PushgatewaySettings {
  const settings = check(pushgatewayRules, options);
  checkBackend(settings);
  return settings;
}
