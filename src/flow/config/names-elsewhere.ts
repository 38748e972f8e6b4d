/**
 * What options of go-pipeline and BatchFlow are called here, where the names are too different for a guess. For errors.
 */

/** By name: what to use instead. */
export const namesElsewhere: Readonly<Record<string, string>> = {
  drainOnCancel: 'drainOnAbort',
  drainGracePeriod: 'drainGraceMs',
  finalFlushOnCloseTimeout: 'close({ timeoutMs })',
  metricsReporter: 'addReporter(flow, reporter)',
  observability: 'observer, logger and redact',
  coalescer: 'dedupe',
  shards: 'sharding: { shards }',
};

/** The same for members of `dedupe`. */
export const dedupeNamesElsewhere: Readonly<Record<string, string>> = { key: 'by', strategy: 'keep' };

/** The same for members of `observer`. */
export const observerNamesElsewhere: Readonly<Record<string, string>> = {
  ratio: 'sample: { ratio: 0 to 1 }',
};
