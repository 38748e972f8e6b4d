/** Statistics of a flow, read out of shared memory. */
export type { CircuitState, FlowStats, Lateness, RingUsage } from './stats.js';
