/**
 * The head of the page: the flow's name, the state of the connection and of the circuit, how long the service runs.
 */
import { found } from './element.js';
import type { Row } from './series.js';
import type { State } from './stream.js';
import { clock, short, span } from './units.js';
import type { Start, Target } from './wire.js';

export function showState(state: State, note: string): void {
  // The page looks stale when it is.
  document.body.dataset.state = state;
  setText('[data-state-text]', state);
  setText('[data-state-note]', note);
  document.title = state === 'no connection' ? `no connection – ${name()}` : name();
}

export function showStart({ flow, source, target }: Start): void {
  setText('[data-flow]', flow);
  setText('[data-source]', source === undefined ? '–' : placeOf(source));
  (found('[data-source]').parentElement as HTMLElement).hidden = source === undefined;
  setText('[data-target]', target === undefined ? '–' : placeOf(target));
  document.title = flow;
}

export function showLatest({ startedAt }: Start, { at, figures, lanes }: Row): void {
  const circuit = short(figures.circuit, 'circuit');
  found('[data-circuit]').dataset.circuit = circuit;
  setText('[data-circuit]', circuit);
  setText('[data-uptime]', span(at * 1000 - startedAt));
  setText('[data-flushers]', String(lanes.length));
}

/** @param row the one at the cursor; undefined: charts show the latest. */
export function showTime(row: { readonly at: number } | undefined): void {
  setText('[data-time]', row === undefined ? 'now' : clock(row.at * 1000));
}

/** A database's place in a word: `postgres db:5432 shop.events`, `sqlite data/events.db events`. */
function placeOf({ scheme, file, host, port, database, table }: Target): string {
  const server = host?.startsWith('/') ? host : [host, port].filter((part) => part !== undefined).join(':');
  const inside = [database, table].filter((part) => part !== undefined).join('.');
  return [scheme, file ?? server, inside].filter((part) => part !== '').join(' ');
}

function name(): string {
  return found('[data-flow]').textContent;
}

/** Only if it is another, so that a screen reader says it once. */
function setText(selector: string, text: string): void {
  const place = found(selector);
  if (place.textContent !== text) place.textContent = text;
}
