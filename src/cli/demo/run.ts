/**
 * The demo: real HTTP traffic from a second thread while this one is kept busy, and the proof at the end
 * that every event that a client was told of is in the file.
 */
import { randomBytes } from 'node:crypto';
import { Worker } from 'node:worker_threads';
import { messageOf } from '../../describe.js';
import type { Flow } from '../../flow/api/flow.js';
import { ownFile } from '../../own-files.js';
import { ExpectedError } from '../expected-error.js';
import type { ServeSettings } from '../serve-options.js';
import { burn } from './burn.js';
import { Gauges } from './gauges.js';
import { clearLiveLine, liveLineMs, showLiveLine } from './live-line.js';
import { RowCount } from './row-count.js';
import { agrees, summary } from './summary.js';
import type { Tally, TrafficOptions } from './traffic.js';

export interface DemoOptions {
  /** Where the service listens. */
  readonly url: string;
  readonly flow: Flow;
  readonly settings: ServeSettings;
  /** The SQLite file, and its table. */
  readonly file: string;
  readonly table: string;
  /** Ends the demo early, without a result. */
  readonly stop: AbortSignal;
}

const connections = 8;

/** @returns whether the counts agree; undefined when it was stopped. */
export async function runDemo({
  url,
  flow,
  settings,
  file,
  table,
  stop,
}: DemoOptions): Promise<boolean | undefined> {
  const { token, demoSeconds: seconds, demoBurn } = settings;
  const marker = `batchflow-demo/${randomBytes(4).toString('hex')}`;
  const rowCount = new RowCount(file, table);
  const gauges = new Gauges(flow);
  const percent = Math.round(demoBurn * 100);
  console.log(
    `Demo: a second thread sends events for ${seconds} s; this one burns ${percent} % of its time.\n`,
  );
  const live = setInterval(() => showLiveLine(gauges.line()), liveLineMs);
  const burning = burn(demoBurn);
  try {
    const tally = await traffic({ url, token, seconds, connections, marker }, stop);
    const burned = burning.stop();
    if (tally === undefined) return undefined;
    await flow.flush();
    const figures = gauges.end();
    const counted = rowCount.count(marker);
    const lateness = flow.lateness();
    const result = { tally, counted, file, table, figures, lateness, burned, connections };
    clearLiveLine();
    console.log(`\n${summary(result)}`);
    return agrees(result);
  } finally {
    burning.stop();
    clearInterval(live);
    clearLiveLine();
    rowCount.close();
  }
}

/** @returns what the clients were told; undefined when they were stopped. */
function traffic(options: TrafficOptions, stop: AbortSignal): Promise<Tally | undefined> {
  const worker = new Worker(ownFile('../workers/demo-traffic.js'), {
    workerData: options,
  });
  return new Promise((resolve, reject) => {
    const end = () => worker.terminate().then(() => resolve(undefined), reject);
    if (stop.aborted) end();
    stop.addEventListener('abort', end, { once: true });
    worker.once('message', resolve);
    worker.once('error', (error) =>
      reject(new ExpectedError(`the demo's clients failed: ${messageOf(error)}`)),
    );
    worker.once('exit', () => resolve(undefined));
  });
}
