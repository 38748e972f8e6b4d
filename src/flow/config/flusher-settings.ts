/**
 * The part of a flow's options that each flusher's thread gets, as plain data.
 *
 * A setting is part of it when its rule is in `flusherRules`; its name appears nowhere else.
 */
import { flusherRules } from './flow-rules.js';
import type { FlowOptions } from './resolve.js';

export type FlusherSettings = Pick<FlowOptions, keyof typeof flusherRules>;

export function flusherSettings(options: FlowOptions): FlusherSettings {
  const names = Object.keys(flusherRules) as (keyof FlusherSettings)[];
  return Object.fromEntries(names.map((name) => [name, options[name]])) as unknown as FlusherSettings;
}
