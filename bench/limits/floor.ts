/**
 * The floor of any producer: a loop that stores the same fields of the same objects into local typed arrays. It checks
 * nothing, shares nothing, and notifies no other thread.
 *
 * A text has no counterpart in a typed array, so there are two floors. One leaves texts out. The other writes them the
 * cheapest way known here: the texts of a group are joined and encoded by one call.
 */
import type { RequestEvent } from '../harness/events.js';
import type { NumbersEvent } from './fewer-fields.js';

/** Number of texts that one call encodes. */
const group = 128;

export function storeNumbers(rows: number) {
  const at = new Float64Array(rows);
  const status = new Uint16Array(rows);
  const durationMs = new Float64Array(rows);
  const bytes = new Uint32Array(rows);
  return (events: readonly NumbersEvent[]) => {
    for (let i = 0; i < rows; i++) {
      const event = events[i] as NumbersEvent;
      at[i] = event.at;
      status[i] = event.status;
      durationMs[i] = event.durationMs;
      bytes[i] = event.bytes;
    }
  };
}

/** The floor without texts: labels become numbers by a map, and the message is left out. */
export function storeRequestsNumbers(rows: number) {
  const { store } = columns(rows);
  return (events: readonly RequestEvent[]) => {
    for (let i = 0; i < rows; i++) store(events[i] as RequestEvent, i);
  };
}

/** The floor with texts: the end and the bytes of each message are stored, too. */
export function storeRequests(rows: number) {
  const { store } = columns(rows);
  const ends = new Int32Array(rows);
  const bytes = new Uint8Array(rows * 64);
  const encoder = new TextEncoder();
  return (events: readonly RequestEvent[]) => {
    let text = '';
    let end = 0;
    let written = 0;
    for (let i = 0; i < rows; i++) {
      const event = events[i] as RequestEvent;
      store(event, i);
      text += event.message;
      end += event.message.length;
      ends[i] = end;
      if ((i + 1) % group !== 0 && i + 1 < rows) continue;
      written += encoder.encodeInto(text, bytes.subarray(written)).written;
      text = '';
    }
  };
}

function columns(rows: number) {
  const at = new Float64Array(rows);
  const method = new Int32Array(rows);
  const path = new Int32Array(rows);
  const status = new Uint16Array(rows);
  const durationMs = new Float64Array(rows);
  const ids = new Map<string, number>();
  const idOf = (label: string) => {
    let id = ids.get(label);
    if (id === undefined) {
      id = ids.size;
      ids.set(label, id);
    }
    return id;
  };
  return {
    store(event: RequestEvent, i: number) {
      at[i] = event.at;
      method[i] = idOf(event.method);
      path[i] = idOf(event.path);
      status[i] = event.status;
      durationMs[i] = event.durationMs;
    },
  };
}
