/**
 * The event emitter that a flow is: Node's own, for events of known names only.
 */
import { EventEmitter } from 'node:events';
import { ConfigError } from '../errors.js';
import { unknownName } from '../options/unknown-name.js';
import type { FlowEvents } from './api/events.js';

const names: readonly string[] = Object.keys({
  flush: true,
  flushError: true,
  deadLetter: true,
  sinkMetrics: true,
  close: true,
  flusherExit: true,
  sourceError: true,
  error: true,
  newListener: true,
  removeListener: true,
} satisfies Record<keyof FlowEvents, true>);

type EventName = string | symbol;
type Listener = Parameters<EventEmitter['on']>[1];

/** `once` and `prependOnceListener` are Node's own, which add and remove their listeners by the methods here. */
export abstract class KnownEvents extends EventEmitter {
  /** Whether `close` has been emitted. */
  protected abstract readonly hasEnded: boolean;

  /** Called when listeners of `flush` may have come or gone. */
  protected abstract flushListenersChanged(): void;

  override on(event: EventName, listener: Listener): this {
    assertKnown(event);
    super.on(event, listener);
    return this.#added(event, listener);
  }

  override addListener(event: EventName, listener: Listener): this {
    return this.on(event, listener);
  }

  override prependListener(event: EventName, listener: Listener): this {
    assertKnown(event);
    super.prependListener(event, listener);
    return this.#added(event, listener);
  }

  override off(event: EventName, listener: Listener): this {
    return this.removeListener(event, listener);
  }

  override removeListener(event: EventName, listener: Listener): this {
    assertKnown(event);
    super.removeListener(event, listener);
    this.flushListenersChanged();
    return this;
  }

  override removeAllListeners(event?: EventName): this {
    // Node takes an undefined argument for the name of an event.
    if (event === undefined) super.removeAllListeners();
    else super.removeAllListeners(event);
    this.flushListenersChanged();
    return this;
  }

  /** The error of a listener must end neither a flusher nor another listener: it is thrown apart from them. */
  override emit(event: EventName, ...args: unknown[]): boolean {
    const listeners = this.rawListeners(event);
    for (const listener of listeners) {
      try {
        Reflect.apply(listener, this, args);
      } catch (error) {
        process.nextTick(() => {
          throw error;
        });
      }
    }
    return listeners.length > 0;
  }

  #added(event: EventName, listener: Listener): this {
    this.flushListenersChanged();
    // A listener that comes after the end would wait in vain.
    if (event === 'close' && this.hasEnded) {
      queueMicrotask(() => {
        if (this.rawListeners(event).includes(listener)) listener.call(this);
      });
    }
    return this;
  }
}

/** @throws ConfigError for a name that is no event: its listener would never be called. */
function assertKnown(event: EventName): void {
  if (!names.includes(event as string)) {
    throw new ConfigError('event', event, unknownName(String(event), names, 'event'));
  }
}
