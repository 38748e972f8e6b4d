/**
 * The words of BatchFlow for what sinks make of batches: which kind of target it is, how many rows and values are sent,
 * where an attempt failed.
 */

/** Labels of metrics: few different texts. */
export interface SinkTarget {
  /** The kind of target: `sql`, `redis`, `http`, … */
  readonly backend: string;
  /** What is done there: `insert`, `upsert`, `command`, … */
  readonly operation: string;
}

/** Of a sink that says nothing of its target. */
export const unnamedTarget: SinkTarget = { backend: 'custom', operation: 'custom' };

/** Where an attempt failed: the target does not fit the schema; nothing was sent; the target said so. */
export const errorStages = ['validate', 'generate', 'execute'] as const;
export type ErrorStage = (typeof errorStages)[number];

/** What a sink does with rows whose key is taken. */
export const conflictStrategies = ['error', 'ignore', 'replace', 'update'] as const;
export type ConflictStrategy = (typeof conflictStrategies)[number];

/** What a sink has made of a batch. */
export interface GeneratedOperation {
  /** Rows that the sink got. */
  readonly inputItems: number;
  /** Rows, commands or documents that it sends. */
  readonly outputItems: number;
  /** Values in these. */
  readonly args: number;
  /** Rows that are not sent, as others of their key stand for them, by the strategy that made it so. */
  readonly deduplicated?: { readonly strategy: ConflictStrategy; readonly rows: number };
}
