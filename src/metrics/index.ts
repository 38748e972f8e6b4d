/** Statistics of a flow, read out of shared memory. */
export type { FlowStats, Lateness, RingUsage } from './stats.js';
