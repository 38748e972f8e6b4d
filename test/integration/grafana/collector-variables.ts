/**
 * The variables at the top of the collectors' dashboard: whose series are shown, and which metrics of all that events
 * name.
 */
import { CollectorStats } from '../../../dist/src/collector/collector-stats.js';
import { knownEvents, namesOf } from '../../../dist/src/collector/events/known-events.js';
import { ownGroups } from '../../../dist/src/collector/events/own-groups.js';
import { ownTotals } from '../../../dist/src/collector/own-totals.js';
import type { VariableSpec } from './specs.js';

/** The matchers of every query. A collector's series have no name of it: Prometheus says where it found them. */
export const chosen = 'job=~"$job",instance=~"$instance"';
export const chosenHttp = `${chosen},path=~"$path"`;

const groups = [...ownGroups, ...knownEvents(() => []).flatMap((event) => event.groups)];

/** The metrics that every collector may show. */
export const fixedMetrics = [
  ...ownTotals(new CollectorStats(0, 0, 0, 0, 0, 0, new Date(), 0), 0),
  ...groups.flatMap(({ metrics }) => metrics),
].map(({ name, type }) => ({ name, type: type === 'exponential' ? 'histogram' : type }));

const total = 'batchflow_collector_events_total';
const fixed = [
  ...fixedMetrics.flatMap(namesOf).filter((name) => !name.startsWith('batchflow_')),
  'batchflow_.+',
].join('|');

/** Of a scrape and of alerts, and parts of histograms. */
const others = 'up|scrape_.+|ALERTS.*|.+_(bucket|sum|count)';

export const variables: readonly VariableSpec[] = [
  { name: 'job', title: 'Job', of: total, label: 'job' },
  { name: 'instance', title: 'Instance', of: `${total}{job=~"$job"}`, label: 'instance' },
  { name: 'path', title: 'Path', of: `http_requests_total{${chosen}}`, label: 'path' },
  {
    name: 'counter',
    title: 'Counter',
    of: `{${chosen},__name__=~".+",__name__!~"${fixed}|${others}"}`,
    label: '__name__',
    isSingle: true,
  },
  {
    name: 'gauge',
    title: 'Gauge',
    of: `{${chosen},__name__=~".+",__name__!~"${fixed}|${others}|.+_total"}`,
    label: '__name__',
    isSingle: true,
  },
  {
    name: 'histogram',
    title: 'Histogram',
    of: `{${chosen},le!="",__name__!~"${fixed}"}`,
    label: '__name__',
    isSingle: true,
  },
];
