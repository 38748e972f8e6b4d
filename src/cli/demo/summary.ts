/**
 * What the demo says at its end: whether the counts agree, and how it went.
 */
import pc from 'picocolors';
import { count, msText, wholeText } from '../number-text.js';
import { type RunFigures, total } from './gauges.js';
import type { Tally } from './traffic.js';

export interface DemoResult {
  readonly tally: Tally;
  /** Rows of this run that SQLite counts. */
  readonly counted: number;
  readonly marker: string;
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
  const answers = Object.entries(tally.answers).map(([status, n]) => `${wholeText(n)} × ${status}`);
  const size = String(Math.max(tally.rows, counted).toLocaleString('en-US')).length;
  const rows = (value: number) => pc.bold(wholeText(value).padStart(size));
  const lines = [
    pc.bold(`${figures.seconds.toFixed(1)} s of traffic over ${count(connections, 'connection')}`),
    `  clients were told  ${rows(tally.rows)} events accepted, ${wholeText(tally.committedRows)} of them committed (answers: ${answers.join(', ')})`,
    `  SQLite counts      ${rows(counted)} rows in "${result.table}" of ${result.file} (userAgent ends with "${result.marker}")`,
    agrees(result) ? `  ${pc.green('✔ the counts agree')}` : `  ${pc.red(`✘ ${disagreement(result)}`)}`,
    '',
    `  throughput         ${wholeText(figures.committed / figures.seconds)} events/s on average, ${wholeText(figures.bestRate)} at best`,
    `  batches            ${wholeText(total(batches))}: ${wholeText(batches.size)} full ones, ${wholeText(batches.deadline)} at their deadline, ${wholeText(batches.flush + batches.drain)} at the end`,
    `  main thread        ${Math.round(burned * 100)} % burned on purpose; its event loop was late by ${msText(figures.loopDelayP50Ms)} (p50), ${msText(figures.loopDelayP99Ms)} (p99), ${msText(figures.loopDelayMaxMs)} (worst)`,
    `  deadline flushes   late by ${msText(lateness.meanMs)} on average, ${msText(lateness.maxMs)} at worst`,
  ];
  return `${lines.join('\n')}\n`;
}

function disagreement({ tally, counted }: DemoResult): string {
  if (tally.unanswered > 0) return `${count(tally.unanswered, 'request')} got no answer: ${tally.firstError}`;
  if (tally.rows === 0) return 'no event was accepted';
  const difference = counted - tally.rows;
  return `the counts differ: ${count(Math.abs(difference), 'row')} too ${difference < 0 ? 'few' : 'many'} in the file`;
}
