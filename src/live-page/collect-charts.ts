/**
 * What the charts of a collector show: its events, and the series that is chosen in the table.
 */
import type { ChartDefinition, Line } from './charts.js';
import type { CollectRow } from './collect-rows.js';
import type { ShownSeries } from './collect-wire.js';
import type { Unit } from './units.js';

type CollectLine = Line<CollectRow>;

const ofEvents =
  (place: 0 | 1 | 2 | 3 | 4) =>
  ({ events }: CollectRow) =>
    events[place];

export const eventCharts: readonly ChartDefinition<CollectRow>[] = [
  {
    title: 'Events',
    hint: 'Events recorded, counted, dropped by a full buffer, and with values that no metric can have.',
    empty: 'no events',
    size: 'wide',
    lines: [
      { label: 'recorded', pick: ofEvents(0), colour: 'in', unit: 'rate', draw: 'area' },
      { label: 'counted', pick: ofEvents(1), colour: 'done', unit: 'rate' },
      { label: 'dropped', pick: ofEvents(2), colour: 'lost', unit: 'rate', quiet: true },
      { label: 'failed', pick: ofEvents(3), colour: 'fail', unit: 'rate', quiet: true },
    ],
    top: 10,
  },
  {
    title: 'Waiting',
    hint: 'Events that are recorded and not yet counted.',
    empty: 'no event waits',
    size: 'normal',
    lines: [{ label: 'pending', pick: ofEvents(4), colour: 'wait', unit: 'count', draw: 'area' }],
    top: 10,
  },
];

/** The chart of one series. */
export function seriesChart({ id, name, type }: ShownSeries): ChartDefinition<CollectRow> {
  const of =
    (place: 1 | 2 | 3 | 4) =>
    ({ values }: CollectRow) =>
      values.get(id)?.[place];
  const value: CollectLine = {
    label: type === 'gauge' ? 'value' : 'per second',
    pick: of(1),
    colour: 'done',
    unit: type === 'gauge' ? 'count' : 'rate',
  };
  if (type !== 'histogram') {
    return {
      ...{ title: 'Chosen series', hint: name, empty: 'nothing above zero', size: 'normal', top: 1 },
      lines: [{ ...value, draw: 'area' }],
    };
  }
  const unit = unitOf(name);
  const lines: CollectLine[] = [
    { label: 'p50', pick: of(2), colour: 'q50', unit, draw: 'area' },
    { label: 'p95', pick: of(3), colour: 'q95', unit },
    { label: 'p99', pick: of(4), colour: 'q99', unit },
    { ...value, draw: 'figure' },
  ];
  return { title: 'Chosen series', hint: name, empty: 'no values', size: 'normal', lines, top: 0.001 };
}

/** The unit of a histogram's values, which is in its name. */
export function unitOf(name: string): Unit {
  return /_seconds(\{|$)/.test(name) ? 'seconds' : 'count';
}
