/**
 * The HTTP client of an exporter, and what a backend's answers mean there.
 */
import { SinkError } from '../../errors.js';
import { HttpClient } from '../../sinks/http/client/http-client.js';
import { HttpError } from '../../sinks/http/client/http-error.js';
import type { Compression } from '../../sinks/http/client/options.js';
import { mayPass } from '../exporting/backoff.js';
import { type BackendSettings, fixed } from './backend-options.js';

export interface ClientOptions {
  readonly compression: Compression;
  /** What stands before a token in `Authorization`. */
  readonly scheme?: string;
  /** What errors say of an answer's body. */
  readonly words?: (body: string) => string;
}

/** @throws SinkError where the environment names no HTTP proxy, or Node lacks the compression. */
export function backendClient(
  url: string,
  settings: BackendSettings,
  { compression, scheme, words }: ClientOptions,
): HttpClient {
  return new HttpClient(url, { ...settings, ...fixed, compression }, scheme, words);
}

/** How bodies are compressed, where an option may leave it to the collector. */
export function compressionOf(option: Compression | undefined, compress: boolean): Compression {
  return option ?? (compress ? 'gzip' : 'none');
}

/** A backend that does not want these series, however often they come: the next ones have new values. */
export class RefusedError extends SinkError {
  readonly verdict = 'fatal';
}

/** The requests of one `send`: those behind one that the backend refuses are sent, too. */
export class Requests {
  #refusal: unknown;

  /** Await a request. @throws the errors after which another attempt may help. */
  async add(request: Promise<unknown>): Promise<void> {
    try {
      await request;
    } catch (error) {
      if (mayPass(error)) throw error;
      this.#refusal ??= error;
    }
  }

  /** @throws the first refusal. */
  end(): void {
    if (this.#refusal !== undefined) throw this.#refusal;
  }
}

/**
 * Await a request. Only the given statuses, and requests without an answer, are worth another attempt.
 *
 * @throws RefusedError for other statuses.
 */
export async function unlessRefused<T>(
  request: Promise<T>,
  isRetried: (status: number) => boolean,
): Promise<T> {
  try {
    return await request;
  } catch (error) {
    if (!(error instanceof HttpError) || isRetried(error.status)) throw error;
    throw new RefusedError(error.message, { cause: error });
  }
}
