/**
 * The dashboard of flows, row by row: what each panel shows, and the question that it answers.
 */
import { Queries } from './queries.js';
import type { DashboardSpec, RowSpec } from './specs.js';

const flows = new Queries('batchflow_', 'flow=~"$flow",test_name=~"$test_name"');

const overview: RowSpec = {
  title: 'Overview',
  panels: [
    {
      title: 'Events by result',
      description:
        'How many rows come in, and arrive? committed follows accepted; rejected: callers meet a full ring.',
      unit: 'rowsps',
      queries: [{ expr: flows.rate('events_total', 'result'), legend: '{{result}}' }],
    },
    {
      title: 'Batch size',
      description: 'How large are batches as they are taken? Far below flushSize: deadlines send them.',
      unit: 'short',
      queries: flows.quantiles('batch_size'),
    },
    {
      title: 'Flush triggers',
      description:
        'Are batches full (size), or do deadlines send them? flush, demand (a caller waits) and drain are asked for.',
      unit: 'ops',
      queries: [{ expr: flows.rate('flushes_total', 'trigger'), legend: '{{trigger}}' }],
    },
    {
      title: 'Queue',
      description: 'How many rows wait in the ring or are in flight, of how many that it holds?',
      unit: 'short',
      queries: [
        { expr: `sum by (flow) (${flows.series('pipeline_queue_length')})`, legend: '{{flow}} rows' },
        { expr: `sum by (flow) (${flows.series('ring_capacity_rows')})`, legend: '{{flow}} capacity' },
      ],
    },
    {
      title: 'Batches in flight',
      description:
        'How many batches do flushers hold, of how many that may be? At the limit the sink is the bottleneck.',
      unit: 'short',
      queries: [
        { expr: `sum by (flow) (${flows.series('inflight_batches')})`, legend: '{{flow}} in flight' },
        { expr: `sum by (flow) (${flows.series('executor_concurrency')})`, legend: '{{flow}} limit' },
      ],
    },
    {
      title: 'Ring fill',
      description: 'How much of the ring is free, being written (open) or waiting to be emptied (sealed)?',
      unit: 'short',
      queries: [
        { expr: `sum by (state) (${flows.series('ring_blocks')})`, legend: '{{state}} blocks' },
        { expr: `sum by (state) (${flows.series('ring_bytes')})`, legend: '{{state}} bytes' },
      ],
      right: { curves: '.* bytes', unit: 'bytes' },
    },
  ],
};

const stages: RowSpec = {
  title: 'Pipeline stages',
  panels: [
    {
      title: 'Enqueue latency',
      description:
        'How long do producers wait for room in a full ring? No curve: none has waited, which is good.',
      unit: 's',
      queries: flows.quantiles('enqueue_latency_seconds'),
    },
    {
      title: 'Batch assembly',
      description: 'How long does claiming blocks and copying their rows take? It grows with the batch.',
      unit: 's',
      queries: flows.quantiles('batch_assemble_duration_seconds'),
    },
    {
      title: 'Execute duration by test',
      description: 'How long does one write of the sink take? This is the time of the database.',
      unit: 's',
      queries: flows.quantiles('execute_duration_seconds', ['test_name']),
    },
    {
      title: 'Pipeline process duration by status',
      description:
        'How long does a batch take from the ring to its end, with retries? fail: rows were given up or went back.',
      unit: 's',
      queries: flows.quantiles('pipeline_process_duration_seconds', ['status']),
    },
    {
      title: 'Dequeue wait',
      description:
        'How long does the first row of a batch wait to be taken? flushIntervalMs is normal; beyond: busy flushers.',
      unit: 's',
      queries: flows.quantiles('pipeline_dequeue_latency_seconds'),
    },
    {
      title: 'Dropped by reason',
      description: 'Is anything let go, and why? error_chan_full counts failures that nobody read, not rows.',
      unit: 'reqps',
      queries: [{ expr: flows.rate('pipeline_dropped_total', 'reason'), legend: '{{reason}}' }],
    },
  ],
};

const health: RowSpec = {
  title: 'Health',
  panels: [
    {
      title: 'Errors and retries',
      description: 'Do writes fail, what do the errors mean, why, and how often is a batch tried again?',
      unit: 'ops',
      queries: [
        { expr: flows.rate('errors_total', 'error_type, reason'), legend: '{{error_type}}: {{reason}}' },
        { expr: flows.rate('retries_total', 'flow'), legend: '{{flow}} retries' },
      ],
    },
    {
      title: 'Dead letters',
      description: 'Are rows given up and kept? "batchflow dead-letters list" shows them.',
      unit: 'rowsps',
      queries: [{ expr: flows.rate('dead_letters_total', 'flow'), legend: '{{flow}}' }],
    },
    {
      title: 'Flusher restarts',
      description:
        "Do flushers' threads die, how many rows are delivered again, and how many had the target already?",
      unit: 'short',
      queries: [
        {
          expr: `sum by (flow) (increase(${flows.series('flusher_restarts_total')}[$__rate_interval]))`,
          legend: '{{flow}} restarts',
        },
        {
          expr: `sum by (flow) (increase(${flows.series('redelivered_total')}[$__rate_interval]))`,
          legend: '{{flow}} rows delivered again',
        },
        {
          expr: `sum by (flow) (increase(${flows.series('duplicates_at_target_total')}[$__rate_interval]))`,
          legend: '{{flow}} rows that were there again',
        },
      ],
      right: { curves: '.* again', unit: 'short' },
    },
    {
      title: 'Circuit',
      description: 'Do flushers pause because the sink takes nothing? 0 closed, 1 half-open, 2 open.',
      unit: 'short',
      queries: [{ expr: `max by (flow) (${flows.series('circuit_open')})`, legend: '{{flow}}' }],
    },
    {
      title: 'Deadline lateness',
      description:
        'Do deadline flushes begin on time? Late ones say that flushers are busy, or the machine is.',
      unit: 's',
      queries: flows.quantiles('deadline_lateness_seconds'),
    },
    {
      title: 'Event loop delay',
      description:
        'Is the thread that made the flow blocked? Of the time since the last scrape. Flushers do not mind.',
      unit: 's',
      queries: [
        {
          expr: `max by (flow, percentile) (${flows.series('event_loop_delay_seconds', 'percentile=~"50|99|100"')})`,
          legend: '{{flow}} p{{percentile}}',
        },
      ],
    },
  ],
};

/** How fast the sum of a histogram's values grows. */
const sumRate = (histogram: string, by: string) => flows.rate(`${histogram}_sum`, by);

const groups = 'schema_groups_per_flush';

const operations: RowSpec = {
  title: 'Operations',
  panels: [
    {
      title: 'Refused events',
      description:
        'Which events do producers refuse? full: the ring; others: the flow is closed, an event is wrong.',
      unit: 'reqps',
      queries: [{ expr: flows.rate('submit_rejected_total', 'reason'), legend: '{{reason}}' }],
    },
    {
      title: 'Flush size',
      description: 'How many rows does a flush take, duplicates included, and of how many schemas?',
      unit: 'short',
      queries: [
        ...flows.quantiles('pipeline_flush_size'),
        {
          expr: `${sumRate(groups, 'flow')} / ${flows.rate(`${groups}_count`, 'flow')}`,
          legend: '{{flow}} schemas',
        },
      ],
    },
    {
      title: 'Operation errors',
      description:
        'Where do attempts fail, and why? validate and generate: nothing was sent; execute: the target.',
      unit: 'ops',
      queries: [
        {
          expr: flows.rate('operation_errors_total', 'backend, stage, reason'),
          legend: '{{backend}} {{stage}}: {{reason}}',
        },
        { expr: flows.rate('sql_errors_total', 'stage, reason'), legend: 'SQL {{stage}}: {{reason}}' },
      ],
    },
    {
      title: 'Operation items',
      description:
        'How many rows does the sink get for an attempt (input), and how many does it send (output)?',
      unit: 'short',
      queries: flows.quantiles('operation_generated_items', ['kind']),
    },
    {
      title: 'Operation values',
      description: 'How many values does an attempt send? It is what databases and networks feel.',
      unit: 'short',
      queries: [
        ...flows.quantiles('operation_generated_args'),
        ...flows.quantiles('sql_generated_args').slice(-1),
      ],
    },
    {
      title: 'SQL rows',
      description:
        'How many rows go into statements (output)? Of those that are missing there, others stand for them.',
      unit: 'rowsps',
      queries: [{ expr: sumRate('sql_generated_rows', 'kind'), legend: '{{kind}}' }],
    },
  ],
};

export const performance: DashboardSpec = {
  uid: 'batchflow-performance',
  title: 'BatchFlow performance',
  description: 'What flows of BatchFlow Threads take in, hold, write, retry and give up.',
  variables: [
    { name: 'flow', title: 'Flow', of: 'batchflow_events_total', label: 'flow' },
    { name: 'test_name', title: 'Test', of: 'batchflow_events_total{flow=~"$flow"}', label: 'test_name' },
  ],
  rows: [overview, stages, health, operations],
};
