/**
 * Rows that no packet holds.
 */

/** A row that is larger than the server takes in one packet. No retry would help. */
export class RowTooLargeError extends Error {
  override readonly name = 'RowTooLargeError';
  readonly code = 'ERR_ROW_TOO_LARGE';
  readonly reason = 'value';
  readonly stage = 'generate';

  constructor(bytes: number) {
    super(
      `the row needs more than ${bytes} bytes, which is what the server's max_allowed_packet leaves to a row`,
    );
  }
}
