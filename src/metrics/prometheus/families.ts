/**
 * The Prometheus metrics of a flow: for each its name, its type, what it means, and its samples.
 *
 * Names, labels and buckets are those of BatchFlow where it has the same metric; the prefix goes in front.
 */
import { sourceStates } from '../cells/counters.js';
import { errorTypes } from '../cells/meters.js';
import { circuitStates, type RingUsage } from '../read/stats.js';
import { by, counted, type Family, measured, one, type Sample } from './family.js';
import { operationFamilies } from './operation-families.js';
import { permitFamilies } from './permit-families.js';

const blocksOf = ({ blocks, freeBlocks, sealedBlocks }: RingUsage, each: number) => ({
  free: freeBlocks * each,
  open: (blocks - freeBlocks - sealedBlocks) * each,
  sealed: sealedBlocks * each,
});

/** Each reason that was seen; "unknown" always, as a counter that begins at its first error shows no rise. */
const errorSamples = (type: string, counts: Readonly<Record<string, number>>): Sample[] =>
  Object.entries(counts)
    .filter(([reason, count]) => count > 0 || reason === 'unknown')
    .map(([reason, value]) => ({ labels: { error_type: type, reason }, value }));

export const families: readonly Family[] = [
  measured(
    'histogram',
    'pipeline_process_duration_seconds',
    'From the moment a batch is taken out of the ring until each of its rows has ended, retries included.',
    ({ processSuccess, processFail }) => [
      ...one(processSuccess, { status: 'success' }),
      ...one(processFail, { status: 'fail' }),
    ],
  ),
  measured(
    'histogram',
    'pipeline_dequeue_latency_seconds',
    "From the publish of a batch's first row until the batch is taken.",
    ({ dequeue }) => one(dequeue),
  ),
  {
    name: 'pipeline_dropped_total',
    type: 'counter',
    help: 'Rows let go, by reason; and failures (error_chan_full) that nobody read in time.',
    samples: ({ stats }) => {
      const none = {
        'drop-newest': 0,
        'drop-oldest': 0,
        duplicate: 0,
        failed: 0,
        undelivered: 0,
        error_chan_full: 0,
      };
      return by('reason', { ...none, ...stats.dropped, ...stats.errorsDropped });
    },
  },
  {
    name: 'enqueue_latency_seconds',
    type: 'histogram',
    help: 'How long producers waited for room in a full ring; without a wait nothing is measured.',
    samples: ({ enqueue }) => one(enqueue),
  },
  measured(
    'histogram',
    'batch_assemble_duration_seconds',
    'Claiming the blocks of a batch and copying its rows.',
    ({ assemble }) => one(assemble),
  ),
  measured(
    'histogram',
    'execute_duration_seconds',
    "One attempt of the sink's write.",
    ({ executeSuccess, executeFail }) => [
      ...one(executeSuccess, { status: 'success' }),
      ...one(executeFail, { status: 'fail' }),
    ],
  ),
  measured(
    'histogram',
    'pipeline_flush_size',
    'Rows that a flush takes, duplicates included.',
    ({ flushSize }) => one(flushSize),
  ),
  measured(
    'histogram',
    'schema_groups_per_flush',
    'Schemas whose rows a flush takes: one, as each schema has flushes of its own.',
    ({ schemaGroups }) => one(schemaGroups),
  ),
  measured('histogram', 'batch_size', 'Rows of a batch as it is taken.', ({ batchSize }) => one(batchSize)),
  measured('histogram', 'deadline_lateness_seconds', 'How late deadline flushes began.', ({ lateness }) =>
    one(lateness),
  ),
  measured(
    'counter',
    'errors_total',
    `Failed attempts and failures to keep rows, by what they mean (${errorTypes.join(', ')}) and by why they failed.`,
    ({ errorsByReason }) => errorTypes.flatMap((type) => errorSamples(type, errorsByReason[type])),
  ),
  ...operationFamilies,
  {
    name: 'observer_events_total',
    type: 'counter',
    help: 'Events of batches: received by the observer, or dropped as too many were on their way; calls that threw.',
    samples: ({ observed }) => by('result', observed),
  },
  {
    name: 'events_total',
    type: 'counter',
    help: 'Rows by what became of them: accepted by push, rejected by a full ring, committed by the sink.',
    samples: ({ stats: { accepted, rejected, committed } }) =>
      by('result', { accepted, rejected, committed }),
  },
  {
    name: 'duplicates_at_target_total',
    type: 'counter',
    help: 'Committed rows that the target had already, as the sink says.',
    samples: ({ stats }) => one(stats.duplicatesAtTarget),
  },
  {
    name: 'flushes_total',
    type: 'counter',
    help: 'Batches taken, by what set them off.',
    samples: ({ stats }) => by('trigger', stats.batches),
  },
  {
    name: 'dead_letters_total',
    type: 'counter',
    help: 'Rows given up and kept as dead letters.',
    samples: ({ stats }) => one(stats.deadLettered),
  },
  {
    name: 'redelivered_total',
    type: 'counter',
    help: "Rows in flight when their flusher's thread died, delivered again.",
    samples: ({ stats }) => one(stats.redelivered),
  },
  {
    name: 'retries_total',
    type: 'counter',
    help: "Attempts to write after a batch's first.",
    samples: ({ stats }) => one(stats.retries),
  },
  counted(
    'counter',
    'flusher_restarts_total',
    "Flushers' threads that died and were started again.",
    ({ restarts }) => one(restarts),
  ),
  {
    name: 'pipeline_queue_length',
    type: 'gauge',
    help: 'Rows published and not settled.',
    samples: ({ ring }) => one(ring.rows),
  },
  counted('gauge', 'inflight_batches', 'Batches that flushers hold.', ({ inFlightBatches }) =>
    one(inFlightBatches),
  ),
  {
    ...counted(
      'gauge',
      'last_flush_timestamp_seconds',
      'When the sink last stored a batch, or rows of one were given up; none before the first.',
      ({ lastFlushAt }) => (lastFlushAt === undefined ? [] : one(lastFlushAt / 1000)),
    ),
    aggregator: 'max',
  },
  {
    name: 'setting_flush_size_rows',
    type: 'gauge',
    help: 'Rows of a full batch, as set now.',
    aggregator: 'max',
    samples: ({ live }) => one(live.flushSize),
  },
  {
    name: 'setting_flush_interval_seconds',
    type: 'gauge',
    help: 'How long the first row of a batch waits at most, as set now.',
    aggregator: 'max',
    samples: ({ live }) => one(live.flushIntervalMs / 1000),
  },
  {
    name: 'executor_concurrency',
    type: 'gauge',
    help: 'Batches that may be in flight at one time.',
    samples: ({ concurrency }) => one(concurrency),
  },
  ...permitFamilies,
  {
    name: 'ring_blocks',
    type: 'gauge',
    help: 'Blocks of the ring: free, being written (open), or waiting to be emptied (sealed).',
    samples: ({ ring }) => by('state', blocksOf(ring, 1)),
  },
  {
    name: 'ring_bytes',
    type: 'gauge',
    help: 'Address space reserved for these blocks; pages that no row has touched take no memory.',
    samples: ({ ring }) => by('state', blocksOf(ring, ring.blockBytes)),
  },
  {
    name: 'ring_capacity_rows',
    type: 'gauge',
    help: 'Rows that all blocks together can hold.',
    samples: ({ ring }) => one(ring.capacity),
  },
  {
    name: 'ring_high_watermark_rows',
    type: 'gauge',
    help: 'Rows that wait in the ring when onFull acts: its capacity, where no watermark is set.',
    samples: ({ ring }) => one(ring.highWatermark),
  },
  {
    name: 'circuit_open',
    type: 'gauge',
    help: `The worst circuit: ${circuitStates.map((state, i) => `${i} ${state}`).join(', ')}.`,
    samples: ({ circuit }) => one(circuitStates.indexOf(circuit)),
  },
  {
    name: 'source_units_total',
    type: 'counter',
    help: 'Units of the source: received, acknowledged after all of their rows had ended, handed back.',
    samples: ({ stats: { source } }) =>
      source === undefined
        ? []
        : by('result', {
            received: source.received,
            acknowledged: source.acknowledged,
            handed_back: source.handedBack,
          }),
  },
  {
    name: 'source_units_in_flight',
    type: 'gauge',
    help: 'Units of the source that are under way.',
    samples: ({ stats: { source } }) => (source === undefined ? [] : one(source.inFlight)),
  },
  {
    name: 'source_refused_total',
    type: 'counter',
    help: 'Inputs of the source that were no rows: dead letters, or dropped where there are none.',
    samples: ({ stats: { source } }) => (source === undefined ? [] : one(source.refused)),
  },
  {
    name: 'source_restarts_total',
    type: 'counter',
    help: 'Times that the source failed, or its thread died, and it was started again.',
    samples: ({ stats: { source } }) => (source === undefined ? [] : one(source.restarts)),
  },
  {
    name: 'source_state',
    type: 'gauge',
    help: `Whether the source takes units: ${sourceStates.map((state, i) => `${i} ${state}`).join(', ')}.`,
    samples: ({ stats: { source } }) => (source === undefined ? [] : one(sourceStates.indexOf(source.state))),
  },
  {
    name: 'sink_metrics_age_seconds',
    type: 'gauge',
    help: "How old each flusher's last snapshot of its sink's own metrics is.",
    samples: ({ sink }) =>
      sink.map(({ flusher, ageMs }) => ({ labels: { worker: String(flusher) }, value: ageMs / 1000 })),
  },
  {
    name: 'event_loop_delay_seconds',
    type: 'gauge',
    help: "How late the creating thread's event loop ran since the last scrape, by percentile.",
    // Not `quantile`: that label belongs to summaries.
    samples: ({ loop }) => by('percentile', { 50: loop.p50, 90: loop.p90, 99: loop.p99, 100: loop.max }),
  },
];
