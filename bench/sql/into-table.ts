/**
 * A running way whose events get a key, where the table has one, and whose totals are read from the table.
 */
import type { RequestEvent } from '../harness/events.js';
import type { Totals } from '../harness/tally.js';
import type { Running } from '../ways/way.js';

export function intoTable(running: Running, hasKey: boolean, totals: () => Promise<Totals>): Running {
  let id = 0;
  const push = (event: RequestEvent) => {
    const { at, method, path, status, durationMs, message } = event;
    const taken = running.push({ id, at, method, path, status, durationMs, message } as RequestEvent);
    if (taken) id++;
    return taken;
  };
  return {
    push: hasKey ? push : (event) => running.push(event),
    room: () => running.room(),
    settle: () => running.settle(),
    async end() {
      await running.end();
      return totals();
    },
  };
}
