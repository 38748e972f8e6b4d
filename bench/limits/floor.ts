/**
 * The floor of any producer: a loop that stores the same fields of the same objects into plain local typed arrays. No
 * checks, no sharing, nobody to tell.
 *
 * Texts have no counterpart in a typed array. There are two floors: without them, and with the cheapest writing that
 * is known here, texts of a group joined and encoded by one call.
 */
import type { RequestEvent } from '../harness/events.js';
import type { NumbersEvent } from './fewer-fields.js';

/** Texts that are encoded at once. */
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

/** Labels as numbers from a map, and no message. */
export function storeRequestsNumbers(rows: number) {
  const { store } = columns(rows);
  return (events: readonly RequestEvent[]) => {
    for (let i = 0; i < rows; i++) store(events[i] as RequestEvent, i);
  };
}

/** The message, too: where each ends, and its bytes. */
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
