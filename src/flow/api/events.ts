/**
 * A flow as an event emitter, as types: the names of its events, what their listeners receive, and the methods that
 * take those names only.
 */
import type { EventEmitter } from 'node:events';
import type { FlushError, SourceError } from '../../errors.js';
import type { FlushInfo } from '../../metrics/read/flush-info.js';

/** Events of a flow, and what their listeners receive. */
export interface FlowEvents {
  /** A flush has ended, whatever became of its rows. */
  flush: [FlushInfo];
  /** Rows were given up, or could not be (`reason` `dead-letters`). `kept`: `errors()` had a place for the error. */
  flushError: [error: FlushError, kept: boolean];
  /** Rows were given up and are kept as dead letters; each such failure is a `flushError`, too. */
  deadLetter: [FlushError];
  /** A flusher has sent values of metrics that its sink has registered: `metrics().sink`. */
  sinkMetrics: [{ flusher: number }];
  /** The flow has ended: closed, destroyed or failed. A listener that comes later is called at once. */
  close: [];
  /** A flusher's thread died; another takes its place. */
  flusherExit: [{ flusher: number; error: unknown; redelivered: number }];
  /** The source has thrown something, or its thread died. It is called, or started, again after a pause. */
  sourceError: [SourceError];
  /** Never emitted. `events.once()` and `events.on()` listen to it beside every other event. */
  error: [Error];
  /** As of every emitter of Node.js: a listener is about to be added. */
  newListener: [event: keyof FlowEvents, listener: (...args: never[]) => unknown];
  /** As of every emitter of Node.js: a listener was removed. */
  removeListener: [event: keyof FlowEvents, listener: (...args: never[]) => unknown];
}

type Listener<E extends keyof FlowEvents> = (...args: FlowEvents[E]) => void;

/** The methods of Node's emitters whose types name the flow's events. */
type Typed =
  | 'on'
  | 'off'
  | 'once'
  | 'addListener'
  | 'removeListener'
  | 'prependListener'
  | 'prependOnceListener'
  | 'emit';

/**
 * An emitter of Node.js, for `events.once(flow, 'close')` and others. A name that is no event of a flow is a
 * ConfigError. An error that a listener throws is uncaught; it ends neither the flow nor another listener's call.
 */
export interface FlowEmitter extends Omit<EventEmitter, Typed> {
  on<E extends keyof FlowEvents>(event: E, listener: Listener<E>): this;
  off<E extends keyof FlowEvents>(event: E, listener: Listener<E>): this;
  once<E extends keyof FlowEvents>(event: E, listener: Listener<E>): this;
  addListener<E extends keyof FlowEvents>(event: E, listener: Listener<E>): this;
  removeListener<E extends keyof FlowEvents>(event: E, listener: Listener<E>): this;
  prependListener<E extends keyof FlowEvents>(event: E, listener: Listener<E>): this;
  prependOnceListener<E extends keyof FlowEvents>(event: E, listener: Listener<E>): this;
  emit<E extends keyof FlowEvents>(event: E, ...args: FlowEvents[E]): boolean;
}
