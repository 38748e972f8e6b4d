/**
 * The dashboard of sources, for edges and workers around a stream: what is fetched, acknowledged and comes again, and
 * how far the workers are behind.
 */
import { Queries } from './queries.js';
import type { DashboardSpec, RowSpec } from './specs.js';

const sources = new Queries('batchflow_', 'flow=~"$flow",instance=~"$instance"');

/** Each host of a consumer says the same of it. */
const ofConsumer = (metric: string) => `max by (flow) (${sources.series(metric)})`;

const units: RowSpec = {
  title: 'Units',
  panels: [
    {
      title: 'Units by result',
      description:
        'Do units (messages, parts of a file) end? acknowledged follows received; handed_back: they come again.',
      unit: 'ops',
      queries: [{ expr: sources.rate('source_units_total', 'result'), legend: '{{result}}' }],
    },
    {
      title: 'Units under way',
      description: 'How many units wait for the commit of their rows, on each host?',
      unit: 'short',
      queries: [
        {
          expr: `sum by (instance) (${sources.series('source_units_in_flight')})`,
          legend: '{{instance}}',
        },
      ],
    },
    {
      title: 'Sources',
      description:
        'Do sources run (0 waiting after a failure, 1 running, 2 ended)? Are they connected? Do they restart?',
      unit: 'short',
      queries: [
        { expr: `min by (instance) (${sources.series('source_state')})`, legend: '{{instance}} state' },
        {
          expr: `min by (instance) (${sources.series('jetstream_connected')})`,
          legend: '{{instance}} connected',
        },
        {
          expr: `sum by (instance) (increase(${sources.series('source_restarts_total')}[$__rate_interval]))`,
          legend: '{{instance}} restarts',
        },
      ],
    },
    {
      title: 'Refused inputs',
      description: 'Does what comes in fit no schema? It becomes dead letters.',
      unit: 'reqps',
      queries: [{ expr: sources.rate('source_refused_total', 'flow'), legend: '{{flow}}' }],
    },
    {
      title: 'Rows behind sources',
      description: 'Do rows arrive as they come? accepted: from the source; committed: by the sink.',
      unit: 'rowsps',
      queries: [{ expr: sources.rate('events_total', 'result', 'result!="rejected"'), legend: '{{result}}' }],
    },
    {
      title: 'Rows that were there',
      description:
        'How many rows had the target already? They came again after a death, and are stored once.',
      unit: 'rowsps',
      queries: [{ expr: sources.rate('duplicates_at_target_total', 'flow'), legend: '{{flow}}' }],
    },
  ],
};

const jetstream: RowSpec = {
  title: 'JetStream',
  panels: [
    {
      title: 'Consumer lag',
      description: 'How many messages has no worker fetched yet? A lag that grows needs more workers.',
      unit: 'short',
      queries: [{ expr: ofConsumer('jetstream_consumer_lag'), legend: '{{flow}}' }],
    },
    {
      title: 'Acknowledgements pending',
      description:
        'How many messages are with workers, and not acknowledged? At max_ack_pending hosts starve.',
      unit: 'short',
      queries: [{ expr: ofConsumer('jetstream_consumer_ack_pending'), legend: '{{flow}}' }],
    },
    {
      title: 'Redeliveries',
      description:
        'Do messages come again, since a worker died, was slow or handed them back? Which cannot be read here?',
      unit: 'ops',
      queries: [
        { expr: sources.rate('jetstream_redeliveries_total', 'instance'), legend: '{{instance}} again' },
        { expr: sources.rate('jetstream_terminated_total', 'instance'), legend: '{{instance}} terminated' },
        { expr: sources.rate('jetstream_unreadable_total', 'instance'), legend: '{{instance}} unreadable' },
      ],
    },
  ],
};

export const sourceDashboard: DashboardSpec = {
  uid: 'batchflow-sources',
  title: 'BatchFlow sources',
  description: 'What workers take from sources, acknowledge and hand back, and how far they are behind.',
  variables: [
    { name: 'flow', title: 'Flow', of: 'batchflow_source_state', label: 'flow' },
    { name: 'instance', title: 'Instance', of: 'batchflow_source_state{flow=~"$flow"}', label: 'instance' },
  ],
  rows: [units, jetstream],
};
