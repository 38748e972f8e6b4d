/**
 * A check of the contract, before it is bound to a sink.
 */
import type { Settings } from '../options.js';
import type { Target } from '../target.js';

export interface BoundCheck {
  readonly name: string;
  /** What the contract asks, for errors that the sink throws where it should not. */
  readonly asks: string;
  /** The heading of the page that describes it. */
  readonly section: string;
  /** What it needs of the maker's options; without it the check is left out. */
  readonly needs?: (settings: Settings) => boolean;
  run(target: Target): Promise<void>;
}
