/**
 * The dashboard of collectors, row by row: what each panel shows, and the question that it answers. The rows of
 * requests are in `collector-requests.ts`.
 */
import { backends, http } from './collector-requests.js';
import { chosen, variables } from './collector-variables.js';
import { Queries, quantiles } from './queries.js';
import type { DashboardSpec, RowSpec } from './specs.js';

const all = new Queries('', chosen);
const counted = all.rate('batchflow_collector_events_total', 'instance', 'state=~"processed|failed"');

const health: RowSpec = {
  title: 'Health and caches',
  panels: [
    {
      title: 'Health of backends',
      description:
        'Which backends were healthy at their last check? 1 healthy, 0 not; the worst of all instances.',
      unit: 'short',
      queries: [{ expr: `min by (backend) (${all.series('health_check_healthy')})`, legend: '{{backend}}' }],
    },
    {
      title: 'Failed health checks',
      description: 'Which share of the checks of each backend fails? Between 0 and 1: it comes and goes.',
      unit: 'percentunit',
      queries: [
        { expr: all.share('health_checks_total', 'backend', 'healthy="false"'), legend: '{{backend}}' },
      ],
    },
    {
      title: 'Health check duration',
      description: 'How long do health checks take?',
      unit: 's',
      queries: all.quantiles('health_check_duration_seconds', ['backend']),
    },
    {
      title: 'Cache hit ratio',
      description: 'Which share of look-ups does each cache answer?',
      unit: 'percentunit',
      queries: [
        {
          expr: all.share('cache_operations_total', 'cache', 'operation="hit"', 'operation=~"hit|miss"'),
          legend: '{{cache}}',
        },
      ],
    },
    {
      title: 'Cache operations',
      description: 'How often are caches asked?',
      unit: 'ops',
      queries: [
        {
          expr: all.rate('cache_operations_total', 'cache, operation', 'operation=~"hit|miss"'),
          legend: '{{cache}} {{operation}}',
        },
      ],
    },
    {
      title: 'Evictions',
      description:
        'How many entries do caches lose for want of room? Many evictions and few hits: it is too small.',
      unit: 'ops',
      queries: [
        { expr: all.rate('cache_operations_total', 'cache', 'operation="eviction"'), legend: '{{cache}}' },
      ],
    },
  ],
};

const byName: RowSpec = {
  title: 'Metrics by name',
  panels: [
    {
      title: 'Counter $counter',
      description: 'How fast does the counter grow that is chosen at the top? The list has gauges, too.',
      unit: 'cps',
      queries: [
        {
          expr: `sum without (job, instance) (rate({__name__="$counter",${chosen}}[$__rate_interval]))`,
          legend: '__auto',
        },
      ],
    },
    {
      title: 'Gauge $gauge',
      description:
        'Which value has the gauge that is chosen at the top? Names that end in _total are not offered.',
      unit: 'short',
      isSigned: true,
      queries: [{ expr: `{__name__="$gauge",${chosen}}`, legend: '__auto' }],
    },
    {
      title: 'Histogram $histogram',
      description:
        'Which values has the histogram that is chosen at the top? Native histograms have no buckets here.',
      unit: 'short',
      isSigned: true,
      queries: quantiles(`{__name__="$histogram",${chosen}}`),
    },
  ],
};

const collecting: RowSpec = {
  title: 'Collector',
  panels: [
    {
      title: 'Events by result',
      description:
        'How many events are counted? dropped: the buffer was full. failed: no metric can have the value.',
      unit: 'eps',
      queries: [{ expr: all.rate('batchflow_collector_events_total', 'state'), legend: '{{state}}' }],
    },
    {
      title: 'Events that wait',
      description: 'How many events wait to be counted, of the bufferSize that a collector may hold?',
      unit: 'short',
      queries: [
        {
          expr: `sum by (instance) (${all.series('batchflow_collector_pending_events')})`,
          legend: '{{instance}}',
        },
      ],
    },
    {
      title: 'Events of a batch',
      description:
        'How large are batches, each of events of one type? Far below batchSize: flushIntervalMs sends them.',
      unit: 'short',
      queries: [
        {
          expr: `${counted} / ${all.rate('batchflow_collector_batches_total', 'instance')}`,
          legend: '{{instance}}',
        },
      ],
    },
    {
      title: 'Rejected events',
      description: 'Are there events that no metric can count, and why?',
      unit: 'eps',
      queries: [
        {
          expr: all.rate('batchflow_collector_rejected_events_total', 'type, reason'),
          legend: '{{type}}: {{reason}}',
        },
      ],
    },
    {
      title: 'Limited events',
      description:
        'Which metrics have too many series? These events are counted together, in a series "other".',
      unit: 'eps',
      queries: [
        { expr: all.rate('batchflow_collector_limited_events_total', 'metric'), legend: '{{metric}}' },
      ],
    },
    {
      title: 'Path errors',
      description: 'Does the function of the option "paths" fail?',
      unit: 'eps',
      queries: [
        { expr: all.rate('batchflow_collector_path_errors_total', 'instance'), legend: '{{instance}}' },
      ],
    },
  ],
};

const statsd: RowSpec = {
  title: 'StatsD',
  panels: [
    {
      title: 'StatsD datagrams',
      description: 'How many datagrams come to "batchflow collect --statsd"?',
      unit: 'pps',
      queries: [{ expr: all.rate('batchflow_statsd_datagrams_total', 'instance'), legend: '{{instance}}' }],
    },
    {
      title: 'StatsD lines',
      description: 'Are there lines that are not understood, and why?',
      unit: 'cps',
      queries: [
        {
          expr: all.rate('batchflow_statsd_lines_total', 'result, reason'),
          legend: '{{result}} {{reason}}',
        },
      ],
    },
    {
      title: 'StatsD events',
      description: 'Are events of these lines dropped? Then the buffer is full.',
      unit: 'eps',
      queries: [{ expr: all.rate('batchflow_statsd_events_total', 'result'), legend: '{{result}}' }],
    },
  ],
};

export const collector: DashboardSpec = {
  uid: 'batchflow-collector',
  title: 'BatchFlow collector',
  description:
    'What collectors of BatchFlow Threads have counted: requests, backends, caches, metrics by name.',
  variables,
  rows: [http, backends, health, byName, collecting, statsd],
};
