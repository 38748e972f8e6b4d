/**
 * The message by which a flow of another thread becomes known to the main thread, which drains it at its exit.
 */
import type { MessagePort } from 'node:worker_threads';
import type { FlowMemory } from '../shared/flow-memory.js';

/** In the place of a flow's id, by which the messages of producers begin. */
export const exitAnnouncement = 'drain at exit';

/** What a flow's thread sends to the main thread: this port closes when the flow or its thread ends. */
export interface ExitAnnouncement {
  readonly batchflow: typeof exitAnnouncement;
  readonly shards: FlowMemory['shards'];
  readonly graceMs: number;
  /** Whether flushers of other flows fill it. */
  readonly isFed: boolean;
  readonly port: MessagePort;
}
