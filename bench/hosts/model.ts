/**
 * What the simulation knows of machines: times that were measured, and settings.
 */

/** Times of single steps, in milliseconds: bench/results/hosts.json has those of this machine. */
export interface Costs {
  /** The leader's time for one message: stored on its replicas, and answered. */
  readonly publishMs: number;
  /** The leader's time to give one message to a worker, and to note its acknowledgement. */
  readonly deliverMs: number;
  /** A worker's time to make rows of one message. */
  readonly unpackMs: number;
  /** From one machine to another, and back. */
  readonly roundTripMs: number;
}

export interface SinkModel {
  readonly name: string;
  /** The time for one batch that no other batch takes part in, such as the way to a database and back. */
  readonly waitMs: number;
  /** The database's time for one batch. */
  readonly databaseMs: number;
  /** Batches that the database works on at once. */
  readonly databaseLanes: number;
}

export interface Settings {
  readonly workers: number;
  /** Streams, each with a leader and a consumer of its own. */
  readonly streams: number;
  /** Rows of a message, and of a batch. */
  readonly rows: number;
  /** Messages that fit a worker's ring. */
  readonly ringMessages: number;
  /** Batches that a worker writes at once. */
  readonly flights: number;
  /** Messages that all edges have under way to one stream. */
  readonly publishing: number;
  /** Messages of one consumer that wait for their acknowledgement. */
  readonly maxAckPending: number;
  /** Requests of one consumer that wait for messages; the server refuses more. */
  readonly maxWaiting: number;
  readonly ackWaitMs: number;
}

export interface Times {
  /** Until the other servers have a leader. */
  readonly electionMs: number;
  /** Until a worker that has died takes messages again. */
  readonly bootMs: number;
}

/** How NATS and this project behave, where nothing else is said. */
export const usual = {
  rows: 1000,
  ringMessages: 64,
  flights: 1,
  publishing: 32,
  maxAckPending: Number.POSITIVE_INFINITY,
  maxWaiting: 512,
  ackWaitMs: 30_000,
} as const;

/** An election takes 4 to 9 s. */
export const times: Times = { electionMs: 7000, bootMs: 1500 };
