/**
 * What of a row's JSON is a matter of choice: the options of sinks that write JSON.
 */
import type { RulesFor } from '../../options/check.js';
import { oneOf, text } from '../../options/rules.js';

export interface JsonFormOptions {
  /** A column without a value: `"name":null`, or no member. Default `null`. */
  absent?: 'null' | 'omit';
  /** Timestamps: milliseconds since the epoch, or `"2025-01-31T12:00:00.000Z"`. Default `ms`. */
  times?: 'ms' | 'iso';
  /** bigint64: decimal text, or a number, of which many readers lose digits from 2^53 on. Default `text`. */
  bigints?: 'text' | 'number';
  /** NaN and the infinities: null, or the texts `"NaN"`, `"Infinity"`, `"-Infinity"`. Default `null`. */
  nonFinite?: 'null' | 'text';
  /** A member with the row's identity, 34 characters, the same at each delivery. Default: none. */
  identityField?: string;
}

export const jsonFormRules = {
  absent: oneOf('null', 'omit').default('null'),
  times: oneOf('ms', 'iso').default('ms'),
  bigints: oneOf('text', 'number').default('text'),
  nonFinite: oneOf('null', 'text').default('null'),
  identityField: text().optional(),
} satisfies RulesFor<JsonFormOptions>;

/** The options with their defaults. */
export interface JsonForm {
  readonly absent: 'null' | 'omit';
  readonly times: 'ms' | 'iso';
  readonly bigints: 'text' | 'number';
  readonly nonFinite: 'null' | 'text';
  readonly identityField: string | undefined;
}
