/**
 * Which programs are here. Without Prometheus these tests skip and say why; where CI is set, it must be there.
 */
import { spawnSync } from 'node:child_process';

/** @throws Error when it is missing and CI is set. */
export function installed(...commands: string[]): boolean {
  const missing = commands.filter((command) => spawnSync(command, ['--version']).status !== 0);
  if (missing.length === 0) return true;
  const message = `${missing.join(' and ')} not found; Debian's package "prometheus" has both`;
  if (process.env.CI) throw new Error(message);
  console.warn(`skipped: ${message}`);
  return false;
}
