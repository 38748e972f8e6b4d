/**
 * Runs a bench's command, as `npm run` does.
 */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

/** @param file below dist/bench. */
export function runBench(file: string, ...options: string[]) {
  return promisify(execFile)(process.execPath, [`dist/bench/${file}`, ...options]);
}
