/**
 * Frees permits of a limit that dead threads hold: flushers of any flow that shares it.
 *
 * The thread that starts a flusher cleans up after its death. But it may be blocked, or have died as well, and flushers
 * of other flows wait meanwhile. So a flusher that waits looks now and then, where the system shows threads.
 */
import type { PermitMemory } from '../../permits/permit-memory.js';
import { Places } from '../../permits/places.js';
import { hasEnded } from '../shared/thread-mark.js';
import { elapsedSince, now, wrapped } from '../waiting/clock.js';
import { lookEveryMs } from './death-watch.js';

/** Look, unless another thread has a moment ago. */
export function freeDeadHolders(limit: PermitMemory): void {
  const places = new Places(limit);
  const at = now();
  const { lookedAt } = places;
  if (elapsedSince(lookedAt, at) < lookEveryMs || !places.beginLook(lookedAt, wrapped(at))) return;
  places.freeDead(hasEnded);
}
