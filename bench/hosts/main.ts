/**
 * `npm run bench:hosts`: what the steps past one machine cost here, measured with three nats-servers and PostgreSQL,
 * which it starts; and how far edges, streams and workers go with these times, simulated for 1 to 1000 workers.
 * `--parts simulate` takes the times of the last run, and draws docs/hosts-simulation.svg.
 */
import { writeFileSync } from 'node:fs';
import { readOptions } from '../harness/options.js';
import { type Report, readReport, resultsFolder } from '../harness/report/report.js';
import { runSuite } from '../harness/run.js';
import { LocalNatsCluster } from '../sinks/nats-cluster.js';
import { one, three } from '../sinks/nats-places.js';
import { LocalNats } from '../sinks/nats-server.js';
import { LocalPostgres } from '../sql/postgres-server.js';
import { urlVariable } from '../sql/requests-table.js';
import { casesOf, costsOf, medianOf, slowSinkMs } from './cases.js';
import { plot, type Swept } from './plot.js';
import { limitOf, plain, sinksOf, streamCounts, sweep } from './scenes.js';

const options = readOptions(
  'bench:hosts',
  { repeats: 3, ms: 2000, quickMs: 200 },
  { parts: ['measure', 'simulate'] },
);

async function measure(): Promise<void> {
  const servers = await Promise.all([LocalNats.start(), LocalNatsCluster.start(), LocalPostgres.start()]);
  const variables = [one.variable, three.variable, urlVariable];
  for (const [i, variable] of variables.entries()) process.env[variable] = servers[i]?.url;
  try {
    await runSuite(
      {
        suite: 'hosts',
        settings: { servers: 'on the same machine' },
        cases: casesOf(options.ms),
        notApplicable: [],
        print: ['messageMs', 'eventsPerSecond', 'totalCpuNsPerEvent'],
      },
      options,
    );
  } finally {
    for (const server of servers) await server.remove();
  }
}

function simulate(report: Report): void {
  const { commitMs, ...costs } = costsOf(report);
  console.log(`\nsimulated with ${JSON.stringify({ ...costs, commitMs })}`);
  for (const workers of [1, 2]) {
    const real = medianOf(report.results, `workers-${workers}`, 'eventsPerSecond');
    const share = plain(costs, slowSinkMs, workers, options.seed) / real;
    console.log(
      `${workers} workers, a sink that waits ${slowSinkMs} ms: simulated ${share.toFixed(2)} × of what is measured`,
    );
  }
  const swept = sinksOf(commitMs).map(
    (sink): Swept => ({
      sink: sink.name,
      lines: streamCounts.map((streams) => ({ streams, points: sweep(costs, sink, streams, options.seed) })),
    }),
  );
  for (const { sink, lines } of swept) {
    console.log(`\n${sink}`);
    for (const { streams, points } of lines) {
      const { workers, eventsPerSecond, lagSeconds, afterWorkerMs, afterLeaderMs } = limitOf(points);
      console.log(
        `  ${streams} streams: ${Math.round(eventsPerSecond / 1000)} k events/s from ${workers} workers on; ` +
          `at 70 % of that a lag of ${(1000 * lagSeconds).toFixed(0)} ms, ` +
          `${(afterWorkerMs / 1000).toFixed(0)} s after a worker's death, ` +
          `${(afterLeaderMs / 1000).toFixed(0)} s after a leader's`,
      );
    }
  }
  const folder = options.quick ? options.folder : new URL('../../docs/', resultsFolder);
  writeFileSync(new URL('hosts-simulation.svg', folder), plot('Simulation: edges, streams, workers', swept));
}

const { parts } = options.chosen;
if (parts.includes('measure')) await measure();
if (parts.includes('simulate')) {
  const report = readReport('hosts', options.folder);
  if (report === undefined) throw new Error('nothing was measured: bench:hosts without --parts does');
  simulate(report);
}
