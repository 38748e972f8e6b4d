/** A damage that was chosen by hand, and that a test near the code is to find. */
export interface Chosen {
  /** As a path from the project's root. */
  readonly file: string;
  /** Text that is in the file exactly once. */
  readonly find: string;
  /** What stands there instead. */
  readonly put: string;
  /** What goes wrong with it. */
  readonly why: string;
}
