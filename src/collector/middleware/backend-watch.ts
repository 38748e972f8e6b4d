/**
 * Records one outgoing request when its answer has ended.
 *
 * An answer with a status of 400 or more is a failure, `http_503`. Without an answer, the error's code names it.
 */
import { callback } from '../../options/rules.js';
import type { Recorder } from '../api/recorder.js';

export const fetchRule = callback<typeof fetch>('fetch, or a function like it');

export class BackendWatch {
  readonly #startedAt = performance.now();
  #ended = false;

  constructor(
    private readonly recorder: Recorder,
    private readonly provider: string,
    private readonly model: string,
  ) {}

  /** Note that the answer came to its end. */
  answered(status: number, durationMs = this.elapsedMs): void {
    const failed = status >= 400;
    this.#end(!failed, failed ? `http_${status}` : undefined, durationMs);
  }

  /** Note that there is no answer, or no end of it. */
  failed(error: unknown): void {
    this.#end(false, errorTypeOf(error), this.elapsedMs);
  }

  /** Time since the request began. */
  get elapsedMs(): number {
    return performance.now() - this.#startedAt;
  }

  #end(success: boolean, errorType: string | undefined, durationMs: number): void {
    if (this.#ended) return;
    this.#ended = true;
    try {
      this.recorder.recordBackendRequest(this.provider, this.model, success, durationMs, errorType);
    } catch {
      // A recorder that is closed is no concern of the request.
    }
  }
}

/** @returns the host of a URL, with its port if it names one; '' for what is no URL. */
export function hostOf(url: unknown): string {
  try {
    return new URL(String(url)).host;
  } catch {
    return '';
  }
}

/** The code of an error, or of its cause, as `fetch` has it; else its name. */
function errorTypeOf(error: unknown): string {
  const { cause, code, name } = Object(error) as { cause?: unknown; code?: unknown; name?: unknown };
  const ofCause = (Object(cause) as { code?: unknown }).code;
  const found = [ofCause, code, name].find((text) => typeof text === 'string' && text !== '');
  return typeof found === 'string' ? found : 'error';
}
