/**
 * What a check throws: what the contract asks, what was seen, and where to read about it.
 */
import { BatchFlowError } from '../errors.js';

/** The pages, whose headings are the sections that errors name. */
const pages = { sink: 'docs/guide/sinks-of-your-own.md', source: 'docs/guide/sources-of-your-own.md' };

/** A sink or a source that does not do what its contract asks. */
export class ConformanceError extends BatchFlowError {
  readonly code = 'ERR_CONFORMANCE';

  /**
   * @param asked what the contract asks.
   * @param seen what the sink, or the source, did.
   * @param section the heading of the page.
   * @param of whose contract it is.
   */
  constructor(
    readonly asked: string,
    readonly seen: string,
    readonly section: string,
    options?: ErrorOptions,
    of: keyof typeof pages = 'sink',
  ) {
    super(`${asked}. Seen: ${seen}. See ${pages[of]}#${section}`, options);
  }
}
