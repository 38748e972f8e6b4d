/**
 * A brief task for any way: more batches than may be in flight, so that the way refuses events and takes them later.
 */
export const briefTask = {
  batch: 200,
  producers: 1,
  intervalMs: 20,
  inFlight: 4,
  ms: 60_000,
  events: 4000,
} as const;
