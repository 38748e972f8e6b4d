/**
 * One line that says how things are: rewritten in place on a terminal, a line a second anywhere else.
 */
import { stdout } from 'node:process';

/** How often it is worth calling `show`. */
export const liveLineMs = stdout.isTTY ? 250 : 1000;

export function showLiveLine(text: string): void {
  if (stdout.isTTY) stdout.write(`\r\x1b[2K${text.slice(0, (stdout.columns || 80) - 1)}`);
  else stdout.write(`${text}\n`);
}

/** Take the line away from a terminal. */
export function clearLiveLine(): void {
  if (stdout.isTTY) stdout.write('\r\x1b[2K');
}
