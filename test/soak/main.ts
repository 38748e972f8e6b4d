/**
 * `npm run soak`: kills threads of flows at random moments, many thousand times, and checks that nothing is lost.
 *
 *     npm run soak -- --rounds 2000 --kills 10000 --seed 7        a long soak
 *     npm run soak -- --seed 7 --first 123 --rounds 1             one round of it again
 */
import { parseArgs } from 'node:util';
import { soak, type Totals } from './rounds.js';

const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '1000' },
    kills: { type: 'string', default: 'Infinity' },
    seed: { type: 'string', default: String(Date.now() % 1_000_000) },
    first: { type: 'string', default: '1' },
    'go-on': { type: 'boolean', default: false },
  },
});

function print({ rounds, kills, seconds, deaths, rows, failures }: Totals): void {
  const counts = (of: Record<string, number>) =>
    Object.entries(of)
      .filter(([, count]) => count > 0)
      .map(([name, count]) => `${name} ${count}`)
      .join(', ');
  console.log(`${rounds} rounds, ${kills} kills, ${seconds.toFixed(1)} s, ${failures.length} failed`);
  console.log(`  killed by  ${counts(deaths)}`);
  console.log(`  rows       ${counts(rows)}`);
}

// Threads that die when their flusher has ended are warnings of the process, hundreds of them here.
process.removeAllListeners('warning');
const seed = Number(values.seed);
let told = 0;
console.log(`seed ${seed}`);
try {
  const totals = await soak({
    seed,
    first: Number(values.first),
    rounds: Number(values.rounds),
    kills: Number(values.kills),
    goOn: values['go-on'],
    progress(soFar) {
      if (soFar.failures.length > told) console.log(soFar.failures[told++]);
      if (soFar.rounds % 100 === 0) print(soFar);
    },
  });
  print(totals);
  if (totals.failures.length > 0) process.exitCode = 1;
} catch (error) {
  console.error((error as Error).message);
  // Threads of a flow that hangs would keep the process.
  process.exit(1);
}
