/**
 * The threads that clean up after dead ones, as the flow does it: `Supervisor` for flushers, `attachments.ts` for
 * producers.
 */
import type { TinyRing } from './tiny-ring.js';

/** Add a thread that cleans up when `flusher`, a thread of that `id`, has died. @returns its number. */
export function addSupervisor(ring: TinyRing, flusher: number, id: number): number {
  return ring.add({
    name: 'supervisor',
    daemon: true,
    after: flusher,
    run: () => {
      ring.code.releaseClaims(ring.memory, id);
    },
  });
}

/** Add a thread that cleans up when `producer`, a thread of that `id`, has ended or died. @returns its number. */
export function addUndertaker(ring: TinyRing, producer: number, id: number): number {
  return ring.add({
    name: 'undertaker',
    daemon: true,
    after: producer,
    run: () => {
      ring.code.releaseClaims(ring.memory, id);
      ring.code.sealBlocks(ring.memory, id);
    },
  });
}
