/**
 * What the demo says at its end: whether the counts agree, and how it went.
 */
import pc from 'picocolors';
import { count, msText, wholeText as whole } from '../number-text.js';
import { type RunFigures, total } from './gauges.js';
import type { Tally } from './traffic.js';

export interface DemoResult {
  readonly tally: Tally;
  /** Rows of this run that SQLite counts. */
  readonly counted: number;
  readonly file: string;
  readonly table: string;
  readonly figures: RunFigures;
  readonly lateness: { count: number; meanMs: number; maxMs: number };
  readonly burned: number;
  readonly connections: number;
}

/** Whether the file holds exactly what clients were told, and every client was told. */
export function agrees({ tally, counted }: DemoResult): boolean {
  return counted === tally.rows && tally.rows > 0 && tally.unanswered === 0;
}

export function summary(result: DemoResult): string {
  const { tally, counted, figures, lateness, burned, connections } = result;
  const { batches } = figures;
  const answers = Object.entries(tally.answers).map(([status, n]) => `${whole(n)} × ${status}`);
  const width = whole(Math.max(tally.rows, counted)).length;
  const rows = (value: number) => pc.bold(whole(value).padStart(width));
  const { committedRows } = tally;
  const perSecond = figures.committed / figures.seconds;
  const loop = [figures.loopDelayP50Ms, figures.loopDelayP99Ms, figures.loopDelayMaxMs].map(msText);
  const lines = [
    pc.bold(`${figures.seconds.toFixed(1)} s of traffic over ${count(connections, 'connection')}`),
    `  clients were told  ${rows(tally.rows)} events accepted, ${whole(committedRows)} of them committed`,
    `  SQLite counts      ${rows(counted)} rows in "${result.table}" of ${result.file}`,
    agrees(result) ? `  ${pc.green('✔ the counts agree')}` : `  ${pc.red(`✘ ${disagreement(result)}`)}`,
    '',
    `  answers            ${answers.join(', ')}`,
    `  throughput         ${whole(perSecond)} events/s, the clients' pauses included`,
    `  batches            ${whole(total(batches))}: ${whole(batches.size)} full, ` +
      `${whole(batches.deadline)} at their deadline, ${whole(batches.demand)} for a client that waited, ` +
      `${whole(batches.flush + batches.drain)} at the end`,
    `  main thread        ${Math.round(burned * 100)} % burned on purpose; ` +
      `its event loop was late by ${loop[0]} (p50), ${loop[1]} (p99), ${loop[2]} (worst)`,
    lateness.count === 0
      ? '  deadline flushes   none'
      : `  deadline flushes   late by ${msText(lateness.meanMs)} (mean), ${msText(lateness.maxMs)} (worst)`,
  ];
  return `${lines.join('\n')}\n`;
}

function disagreement({ tally, counted }: DemoResult): string {
  if (tally.unanswered > 0) return `${count(tally.unanswered, 'request')} got no answer: ${tally.firstError}`;
  if (tally.rows === 0) return 'no event was accepted';
  const difference = counted - tally.rows;
  const rows = count(Math.abs(difference), 'row');
  return `the counts differ: ${rows} too ${difference < 0 ? 'few' : 'many'} in the file`;
}
