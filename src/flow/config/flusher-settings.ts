/**
 * The part of a flow's options that each flusher's thread gets, as plain data. A setting belongs to it when its rule
 * is in `flusherRules`. `flusher/create-flusher.ts` hands each setting to the part that uses it.
 */
import { flusherRules } from './flow-rules.js';
import type { FlowOptions } from './resolve.js';

export type FlusherSettings = Pick<FlowOptions, keyof typeof flusherRules>;

export function flusherSettings(options: FlowOptions): FlusherSettings {
  const names = Object.keys(flusherRules) as (keyof FlusherSettings)[];
  return Object.fromEntries(names.map((name) => [name, options[name]])) as unknown as FlusherSettings;
}
