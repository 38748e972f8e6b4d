/**
 * What a check throws: what the contract asks, what was seen, and where to read about it.
 */
import { BatchFlowError } from '../errors.js';

/** The page, whose headings are the sections that errors name. */
const page = 'docs/guide/sinks-of-your-own.md';

/** A sink that does not do what the contract between flushers and sinks asks. */
export class ConformanceError extends BatchFlowError {
  readonly code = 'ERR_CONFORMANCE';

  /**
   * @param asked what the contract asks.
   * @param seen what the sink did.
   * @param section the heading of the page.
   */
  constructor(
    readonly asked: string,
    readonly seen: string,
    readonly section: string,
    options?: ErrorOptions,
  ) {
    super(`${asked}. Seen: ${seen}. See ${page}#${section}`, options);
  }
}
