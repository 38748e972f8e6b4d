/**
 * `fetch` that records each request, from its call to the end of its answer's body.
 */
import { check, type RulesFor } from '../../options/check.js';
import type { Recorder } from '../api/recorder.js';
import { recorderRule } from '../api/recorder-rule.js';
import { BackendWatch, fetchRule, hostOf } from './backend-watch.js';
import { type NameOf, nameFor, nameRule } from './name-for.js';
import { observedResponse } from './observed-response.js';

/** The first argument of `fetch`, as an address. */
export interface FetchRequest {
  readonly url: string;
  readonly method: string;
}

export interface ObservedFetchOptions {
  /** The provider's name. Default: the host of the address, with its port. */
  provider?: NameOf<FetchRequest> | undefined;
  /** The model's name. Default: an empty text. */
  model?: NameOf<FetchRequest> | undefined;
}

const rules = {
  provider: nameRule<FetchRequest>().optional(),
  model: nameRule<FetchRequest>().optional(),
} satisfies RulesFor<ObservedFetchOptions>;

/**
 * Put a recorder around `fetch`. An answer whose body nobody reads is recorded when it is collected as garbage, with
 * the time to its headers.
 *
 * @throws ConfigError
 * @example
 * const fetch = observedFetch(collector, globalThis.fetch, { provider: 'openai' });
 */
export function observedFetch(
  recorder: Recorder,
  fetch: typeof globalThis.fetch = globalThis.fetch,
  options: ObservedFetchOptions = {},
): typeof globalThis.fetch {
  recorderRule.check(recorder, 'recorder');
  fetchRule.check(fetch, 'fetch');
  const { provider, model } = check(rules, options);
  return async (input, init) => {
    const request = requestOf(input, init);
    const watch = new BackendWatch(
      recorder,
      nameFor(provider, request, hostOf(request.url)),
      nameFor(model, request, ''),
    );
    let response: Response;
    try {
      response = await fetch(input, init);
    } catch (error) {
      watch.failed(error);
      throw error;
    }
    return observedResponse(response, watch);
  };
}

function requestOf(input: unknown, init: { readonly method?: string } | undefined): FetchRequest {
  const { url, method } = Object(input) as Partial<FetchRequest>;
  return { url: url ?? String(input), method: init?.method ?? method ?? 'GET' };
}
