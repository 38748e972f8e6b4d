/**
 * What a collector counts of itself, as series beside those of events: so a flusher's death changes none of it.
 */
import type { GroupDefinition } from '../series/event-definition.js';

export type RejectReason =
  | 'not_finite'
  | 'negative'
  | 'unknown_value'
  | 'no_name'
  | 'type_conflict'
  | 'too_many_metrics';

/** The numbers of these groups; those of events come behind them. */
export const ownGroup = { rejected: 0, limited: 1, pathErrors: 2, refused: 3 } as const;
/** Metrics that the creating thread shows beside all series. */
export const ownTotal = {
  events: 'batchflow_collector_events_total',
  pending: 'batchflow_collector_pending_events',
  batches: 'batchflow_collector_batches_total',
} as const;
export const rejectedEvents = 'batchflow_collector_rejected_events_total';

export const ownGroups: readonly GroupDefinition[] = [
  {
    labels: [
      { name: 'type', column: 'type' },
      { name: 'reason', column: 'reason' },
    ],
    metrics: [
      {
        name: rejectedEvents,
        help: 'Events that were not counted, by their type and why.',
        type: 'counter',
        scale: 1,
        isSigned: false,
      },
    ],
  },
  {
    labels: [{ name: 'metric', column: 'metric' }],
    metrics: [
      {
        name: 'batchflow_collector_limited_events_total',
        help: 'Events that were counted in the series of all others, as the metric had too many.',
        type: 'counter',
        scale: 1,
        isSigned: false,
      },
    ],
  },
  {
    labels: [],
    metrics: [
      {
        name: 'batchflow_collector_path_errors_total',
        help: 'Paths for which the function of the option `paths` failed or returned no text.',
        type: 'counter',
        scale: 1,
        isSigned: false,
      },
    ],
  },
  {
    labels: [],
    metrics: [
      {
        name: 'batchflow_collector_refused_rows_total',
        help: 'Events that a flow of `events` refused, as it had failed or they were too large.',
        type: 'counter',
        scale: 1,
        isSigned: false,
      },
    ],
  },
];
