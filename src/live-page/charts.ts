/**
 * What the charts show: a table of cards and their lines. chart.ts draws them.
 */
import type { Pick, Row } from './series.js';
import type { Colour } from './theme.js';
import type { Unit } from './units.js';
import type { FigureName, Stage } from './wire.js';

export interface Line<R = Row> {
  readonly label: string;
  readonly pick: Pick<R>;
  readonly colour: Colour;
  readonly unit: Unit;
  /** Filled down to zero; a step for each sample; or only its figure, not drawn. Default: a line. */
  readonly draw?: 'area' | 'steps' | 'figure';
  /** Not drawn while all of it is zero, as it should be. */
  readonly quiet?: boolean;
  /** Lines of another scale than the chart's have none of its axis. */
  readonly scale?: string;
}

export interface ChartDefinition<R = Row> {
  readonly title: string;
  /** The meaning of the chart, in a sentence. */
  readonly hint: string;
  /** The text in place of lines while no line is above zero. */
  readonly empty: string;
  /** Of the card's place in the grid. */
  readonly size: 'wide' | 'normal' | 'small' | 'lane';
  readonly lines: readonly Line<R>[];
  /** The least that the top of the axis stands for, so that a few stray values do not fill the chart. */
  readonly top: number;
  /** What the bottom stands for on a logarithmic axis. Default: zero, on a linear one. */
  readonly bottom?: number;
}

const figure =
  (name: FigureName): Pick =>
  ({ figures }) =>
    figures[name];

const line = (
  label: string,
  name: FigureName,
  colour: Colour,
  unit: Unit,
  more: Partial<Line> = {},
): Line => ({ label, pick: figure(name), colour, unit, ...more });

const quiet = { quiet: true };

const latency = (title: string, stage: Stage, empty: string, hint: string): ChartDefinition => ({
  title,
  hint,
  empty,
  size: 'small',
  lines: [
    line('p50', `${stage}P50`, 'q50', 'seconds', { draw: 'area' }),
    line('p95', `${stage}P95`, 'q95', 'seconds'),
    line('p99', `${stage}P99`, 'q99', 'seconds'),
  ],
  // All stages alike, so that one can be compared with another.
  bottom: 0.0001,
  top: 1,
});

export const charts: readonly ChartDefinition[] = [
  {
    title: 'Throughput',
    hint: 'Rows accepted by push, committed by the sink, and rejected by a full ring.',
    empty: 'no rows',
    size: 'wide',
    lines: [
      line('accepted', 'accepted', 'in', 'rate', { draw: 'area' }),
      line('committed', 'committed', 'done', 'rate'),
      line('rejected', 'rejected', 'fail', 'rate', quiet),
    ],
    top: 10,
  },
  {
    title: 'Ring',
    hint: 'Rows published and not yet committed, and their share of what the ring can hold.',
    empty: 'no rows in the ring',
    size: 'normal',
    lines: [
      line('rows', 'ringRows', 'wait', 'count', { draw: 'area' }),
      line('of capacity', 'ringFill', 'wait', 'share', { draw: 'figure' }),
    ],
    top: 10,
  },
  {
    title: 'Batch size',
    hint: 'The mean of the batches taken in each second.',
    empty: 'no batches',
    size: 'normal',
    lines: [line('rows, mean', 'batchRows', 'done', 'count', { draw: 'area' })],
    top: 10,
  },
  latency('Enqueue wait', 'enqueue', 'no producer waited', 'How long producers waited for room.'),
  latency(
    'Dequeue',
    'dequeue',
    'no batches',
    "From the publish of a batch's first row until the batch is taken.",
  ),
  latency('Assemble', 'assemble', 'no batches', 'Claiming the blocks of a batch and copying its rows.'),
  latency('Execute', 'execute', 'no batches', "One attempt of the sink's write."),
  latency(
    'Process',
    'process',
    'no batches',
    'From the moment a batch is taken until all of its rows have ended.',
  ),
  latency('Deadline lateness', 'lateness', 'no deadline flushes', 'How late deadline flushes began.'),
  {
    title: 'Flush triggers',
    hint: 'Batches a second, by what set them off.',
    empty: 'no batches',
    size: 'normal',
    lines: [
      line('size', 'flushSize', 'done', 'rate'),
      line('deadline', 'flushDeadline', 'wait', 'rate'),
      line('flush', 'flushFlush', 'in', 'rate', quiet),
      line('demand', 'flushDemand', 'q95', 'rate', quiet),
      line('drain', 'flushDrain', 'other', 'rate', quiet),
    ],
    top: 4,
  },
  {
    title: 'Blocks',
    hint: 'Blocks of the ring: waiting to be emptied (sealed), being written (open), or free.',
    empty: 'no block in use',
    size: 'normal',
    lines: [
      line('sealed', 'blocksSealed', 'wait', 'count', { draw: 'area' }),
      line('open', 'blocksOpen', 'in', 'count'),
      line('free', 'blocksFree', 'other', 'count', { draw: 'figure' }),
    ],
    top: 4,
  },
  {
    title: 'Failures',
    hint: 'Failed attempts, retries, rows given up, flushers started again; and the circuit.',
    empty: 'no failures',
    size: 'normal',
    lines: [
      line('circuit', 'circuit', 'fail', 'circuit', { draw: 'steps', scale: 'circuit' }),
      line('errors', 'errors', 'fail', 'rate', quiet),
      line('retries', 'retries', 'wait', 'rate', quiet),
      line('dropped', 'dropped', 'lost', 'rate', quiet),
      line('dead letters', 'deadLettered', 'other', 'rate', quiet),
      line('restarts', 'restarts', 'in', 'rate', quiet),
    ],
    top: 4,
  },
  {
    title: 'Event-loop delay',
    hint: 'How late the creating thread ran what was due. Flushers do not mind.',
    empty: 'no delay',
    size: 'normal',
    lines: [
      line('p50', 'loopP50', 'q50', 'seconds', { draw: 'area' }),
      line('p99', 'loopP99', 'q95', 'seconds'),
      line('max', 'loopMax', 'q99', 'seconds'),
    ],
    top: 0.005,
  },
];

/** @param i the flusher, from 0. */
export function laneChart(i: number): ChartDefinition {
  const of = (place: 0 | 1 | 2 | 3): Pick => {
    return ({ lanes }) => lanes[i]?.[place];
  };
  return {
    title: `Flusher ${i + 1}`,
    hint: 'The share of the time in which it held a batch; the rows that it committed.',
    empty: 'idle',
    size: 'lane',
    lines: [
      { label: 'busy', pick: of(1), colour: 'wait', unit: 'share', draw: 'area', scale: 'share' },
      { label: 'rows', pick: of(0), colour: 'done', unit: 'rate' },
      { label: 'in flight', pick: of(2), colour: 'other', unit: 'count', draw: 'figure' },
      { label: 'restarts', pick: of(3), colour: 'fail', unit: 'count', draw: 'figure' },
    ],
    top: 10,
  };
}
