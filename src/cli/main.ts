#!/usr/bin/env node
/**
 * The `batchflow` command. It makes sure that what it needs is installed, before it loads any of it.
 */
import { needPeers, type Peer } from '../peer-packages.js';

const peers: readonly Peer[] = ['better-sqlite3', 'commander', 'picocolors'];
const servicePeers: readonly Peer[] = ['better-sqlite3', 'commander', 'fastify', 'picocolors', 'prom-client'];

// The reader of the output may leave (`| head`); that is no reason for a service to end.
process.stdout.on('error', () => {});
process.stderr.on('error', () => {});

process.exit(await main());

async function main(): Promise<number> {
  try {
    needPeers('the command batchflow', serves(process.argv.slice(2)) ? servicePeers : peers);
  } catch (error) {
    console.error(`error: ${(error as Error).message}`);
    return 1;
  }
  const { run } = await import('./program.js');
  return await run();
}

/** Whether the service is started, and not only its options shown. */
function serves([command, ...options]: readonly string[]): boolean {
  return command === 'serve' && !options.some((option) => option === '--help' || option === '-h');
}
