/**
 * The run of a suite: measure its cases in turns, write the report and the page, print the figures.
 */
import { fileURLToPath } from 'node:url';
import { type Case, measureInTurns } from './measuring.js';
import type { CommonOptions } from './options.js';
import { shown } from './report/figures.js';
import { writePage } from './report/page.js';
import { type Findings, type Result, writeReport } from './report/report.js';

/** A result's name, label and group in a report. */
export type ResultKey = Omit<Result, 'figures'>;

export interface Plan extends Pick<Findings, 'suite' | 'settings' | 'notApplicable'> {
  readonly cases: readonly Case<ResultKey>[];
  /** Function that adds figures which follow from others. */
  readonly derive?: (results: readonly Result[]) => Result[];
  /** Names of the figures to print. */
  readonly print: readonly string[];
}

/** Measure a plan and report its figures. */
export async function runSuite(plan: Plan, options: CommonOptions): Promise<void> {
  const { repeats, seed, ms, folder, command } = options;
  const measured = await measureInTurns(plan.cases, repeats, seed, progress);
  progress('');
  const results = plan.derive?.(measured) ?? measured;
  const { suite, notApplicable } = plan;
  const settings = { repeats, ms, seed, ...plan.settings };
  writeReport({ suite, command, settings, results, notApplicable }, folder);
  writePage(folder);
  print(results, plan.print);
  for (const { group, label, reason } of notApplicable) console.log(`${group}: ${label}: ${reason}`);
  console.log(`\nwritten to ${fileURLToPath(folder)}: ${suite}.json, index.html`);
}

/** Show the progress in one line of the terminal, which the next text overwrites. */
function progress(text: string): void {
  if (process.stderr.isTTY) process.stderr.write(`\r\x1b[K${text}`);
}

function print(results: readonly Result[], names: readonly string[]): void {
  const width = Math.max(...results.map(({ label }) => label.length));
  let last = '';
  for (const { group, label, figures } of results) {
    if (group !== last) {
      console.log(`\n${group}`);
      console.log(`  ${''.padEnd(width)}  ${names.map((name) => name.padStart(18)).join('  ')}`);
      last = group;
    }
    const cells = names.map((name) => {
      const figure = figures[name];
      return (figure === undefined ? 'n/a' : shown(name).format(figure.median)).padStart(18);
    });
    console.log(`  ${label.padEnd(width)}  ${cells.join('  ')}`);
  }
}
