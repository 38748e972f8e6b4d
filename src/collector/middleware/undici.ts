/**
 * The interceptor for undici: records each request that a dispatcher sends.
 *
 * Since undici 7 handlers have methods named `onRequest…` and `onResponse…`. Those of undici 6 are named otherwise.
 */
import { check, type RulesFor } from '../../options/check.js';
import type { Recorder } from '../api/recorder.js';
import { recorderRule } from '../api/recorder-rule.js';
import { BackendWatch, hostOf } from './backend-watch.js';
import { type NameOf, nameFor, nameRule } from './name-for.js';

/** What of undici's options of a request is used here. */
export interface DispatchRequest {
  readonly origin?: string | URL | undefined;
  readonly path: string;
  readonly method: string;
  readonly headers?: unknown;
}

export interface UndiciOptions {
  /** The provider's name. Default: the host of the request's origin, with its port. */
  provider?: NameOf<DispatchRequest> | undefined;
  /** The model's name. Default: an empty text. */
  model?: NameOf<DispatchRequest> | undefined;
}

const rules = {
  provider: nameRule<DispatchRequest>().optional(),
  model: nameRule<DispatchRequest>().optional(),
} satisfies RulesFor<UndiciOptions>;

type Handler = Readonly<Record<string, unknown>>;
type Dispatch = (request: DispatchRequest, handler: Handler) => boolean;

/**
 * Make the interceptor. Before a `retry` interceptor in `compose` it records each attempt, behind it each request.
 *
 * @throws ConfigError
 * @example
 * const agent = new Agent().compose(undiciInterceptor(collector));
 * await fetch(url, { dispatcher: agent });
 */
export function undiciInterceptor(recorder: Recorder, options: UndiciOptions = {}) {
  recorderRule.check(recorder, 'recorder');
  const { provider, model } = check(rules, options);
  return <D extends (...args: never[]) => boolean>(dispatch: D): D => {
    const observed: Dispatch = (request, handler) => {
      const watch = new BackendWatch(
        recorder,
        nameFor(provider, request, hostOf(request.origin)),
        nameFor(model, request, ''),
      );
      try {
        return (dispatch as unknown as Dispatch)(request, observedHandler(handler, watch));
      } catch (error) {
        watch.failed(error);
        throw error;
      }
    };
    return observed as unknown as D;
  };
}

type Note = (state: AnswerState, args: readonly unknown[]) => void;

/** The methods of handlers, and what each tells. */
const methods: [name: string, note: Note | undefined][] = Object.entries<Note | undefined>({
  onRequestStart: undefined,
  onResponseStart: (state, [, status]) => state.began(status),
  onRequestUpgrade: (state, [, status]) => state.upgraded(status),
  onResponseData: undefined,
  onResponseEnd: (state) => state.ended(),
  onResponseError: (state, [, error]) => state.failed(error),
  // Of undici 6.
  onConnect: undefined,
  onResponseStarted: undefined,
  onHeaders: (state, [status]) => state.began(status),
  onUpgrade: (state, [status]) => state.upgraded(status),
  onData: undefined,
  onComplete: (state) => state.ended(),
  onError: (state, [error]) => state.failed(error),
  onBodySent: undefined,
  onRequestSent: undefined,
});

class AnswerState {
  #status = 0;

  constructor(private readonly watch: BackendWatch) {}

  /** Also for interim answers, before the one that counts. */
  began(status: unknown): void {
    this.#status = Number(status);
  }

  upgraded(status: unknown): void {
    this.watch.answered(Number(status));
  }

  ended(): void {
    this.watch.answered(this.#status);
  }

  failed(error: unknown): void {
    this.watch.failed(error);
  }
}

/** What a handler of undici 7 may leave out, and is needed here. */
const always = new Set(['onResponseStart', 'onResponseEnd', 'onResponseError']);

/** A handler that notes what it hears and passes it on, to the methods that the given one has. */
function observedHandler(handler: Handler, watch: BackendWatch): Handler {
  const state = new AnswerState(watch);
  const observed: Record<string, unknown> = {};
  for (const [name, note] of methods) {
    const method = handler[name];
    const isThere = typeof method === 'function';
    if (!isThere && (handler.onRequestStart === undefined || !always.has(name))) continue;
    observed[name] = (...args: unknown[]): unknown => {
      note?.(state, args);
      return isThere ? Reflect.apply(method, handler, args) : undefined;
    };
  }
  return observed;
}
