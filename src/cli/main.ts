#!/usr/bin/env node
/**
 * The `batchflow` command. It makes sure that what it needs is installed, before it loads any of it.
 */
import { needPeers, type Peer } from '../peer-packages.js';

const peers: readonly Peer[] = ['better-sqlite3', 'commander', 'picocolors'];
/** What the commands that start a service need. */
const servicePeers: Readonly<Record<string, readonly Peer[]>> = {
  serve: ['better-sqlite3', 'commander', 'fastify', 'picocolors', 'prom-client'],
  work: ['better-sqlite3', 'commander', 'fastify', 'picocolors', 'prom-client'],
  collect: ['commander', 'fastify', 'picocolors', 'prom-client'],
};

// The reader of the output may leave (`| head`); that is no reason for a service to end.
process.stdout.on('error', () => {});
process.stderr.on('error', () => {});

process.exit(await main());

async function main(): Promise<number> {
  try {
    needPeers('the command batchflow', peersOf(process.argv.slice(2)));
  } catch (error) {
    console.error(`error: ${(error as Error).message}`);
    return 1;
  }
  const { run } = await import('./program.js');
  return await run();
}

/** To show a service's options takes no more than other commands. */
function peersOf([command = '', ...options]: readonly string[]): readonly Peer[] {
  const asksForHelp = options.some((option) => option === '--help' || option === '-h');
  return (!asksForHelp && Object.hasOwn(servicePeers, command) && servicePeers[command]) || peers;
}
