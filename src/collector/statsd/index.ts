/**
 * StatsD and DogStatsD over UDP, recorded into a collector.
 */
export type { LineFault } from './line-parser.js';
export type { LineCounts } from './line-recorder.js';
export { listenStatsd, type StatsdListener, type StatsdStats } from './listen.js';
export type { StatsdOptions } from './options.js';
