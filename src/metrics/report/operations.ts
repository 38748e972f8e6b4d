/**
 * Tells a reporter what sinks have made of batches, schema by schema, and which of their attempts failed where. From
 * samples of shared memory: as many operations as there were, each with the mean of its sample.
 */
import { conflictStrategies, errorStages } from '../cells/operations.js';
import type { FlowMetrics } from '../read/flow-metrics.js';
import type { AnyReporter } from './reporter.js';

type Measures = FlowMetrics['schemas'][number];

export class OperationsSampler {
  #last: ReadonlyMap<string, Measures>;

  /** @param first what is in it is not told. */
  constructor(
    private readonly reporter: AnyReporter,
    first: FlowMetrics,
  ) {
    this.#last = byName(first);
  }

  tell(metrics: FlowMetrics): void {
    const last = this.#last;
    this.#last = byName(metrics);
    for (const next of metrics.schemas) {
      const before = last.get(next.name);
      this.#tellGenerated(metrics.target, before, next);
      this.#tellErrors(metrics.target, before, next);
      if (metrics.target.backend === 'sql') this.#tellDeduplicated(before, next);
    }
  }

  #tellGenerated(
    { backend, operation }: FlowMetrics['target'],
    before: Measures | undefined,
    next: Measures,
  ): void {
    const { name } = next;
    const count = next.operationInput.count - (before?.operationInput.count ?? 0);
    if (count <= 0) return;
    const mean = (of: 'operationInput' | 'operationOutput' | 'operationArgs') =>
      (next[of].sum - (before?.[of].sum ?? 0)) / count;
    const [inputItems, outputItems, argCount] = [
      mean('operationInput'),
      mean('operationOutput'),
      mean('operationArgs'),
    ];
    for (let i = 0; i < count; i++) {
      this.reporter.observeOperationGenerated?.({
        ...{ backend, operation, schema: name },
        ...{ inputItems, outputItems, argCount },
      });
      if (backend === 'sql') this.reporter.observeSQLGenerated?.(name, inputItems, outputItems, argCount);
    }
  }

  #tellErrors({ backend }: FlowMetrics['target'], before: Measures | undefined, next: Measures): void {
    for (const stage of errorStages) {
      for (const [reason, count] of Object.entries(next.errorsByStage[stage])) {
        const told = (before?.errorsByStage[stage] as Readonly<Record<string, number>> | undefined)?.[reason];
        for (let n = told ?? 0; n < count; n++) {
          this.reporter.incOperationError?.(next.name, backend, stage, reason);
          if (backend === 'sql') this.reporter.incSQLError?.(next.name, stage, reason);
        }
      }
    }
  }

  #tellDeduplicated(before: Measures | undefined, next: Measures): void {
    for (const strategy of conflictStrategies) {
      const rows = next.deduplicated[strategy] - (before?.deduplicated[strategy] ?? 0);
      if (rows <= 0) continue;
      const merges = strategy === 'update';
      const [left, merged] = merges ? [0, rows] : [rows, 0];
      this.reporter.observeSQLDeduplicated?.(next.name, strategy, left, merged);
    }
  }
}

function byName({ schemas }: FlowMetrics): ReadonlyMap<string, Measures> {
  return new Map(schemas.map((measures) => [measures.name, measures]));
}
