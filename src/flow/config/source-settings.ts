/**
 * The part of a flow's options that a source's thread gets, as plain data.
 */
import type { SinkRef } from '../../sink.js';
import type { ModuleRef } from '../../sink-module.js';
import type { RetrySettings } from './delivery.js';
import type { FlowOptions } from './resolve.js';

export interface SourceSettings {
  readonly source: ModuleRef;
  /** For inputs that are no rows. */
  readonly deadLetters: SinkRef | undefined;
  readonly retry: RetrySettings;
  readonly flushers: number;
}

/** @returns undefined for a flow without a source. */
export function sourceSettings({
  source,
  deadLetters,
  retry,
  flushers,
}: FlowOptions): SourceSettings | undefined {
  return source && { source, deadLetters, retry, flushers };
}
