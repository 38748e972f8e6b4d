/**
 * What an answer of InfluxDB says of a failure, without the lines that it repeats: errors show no values of rows, since
 * clients of a service may come to read them.
 */

/** The server's words. @param body of an answer: JSON as a rule. */
export function withoutLines(body: string): string {
  let said: unknown = body;
  try {
    const { error, message } = JSON.parse(body) as { error?: unknown; message?: unknown };
    said = error ?? message ?? body;
  } catch {
    // A proxy has answered, or the answer was cut.
  }
  // A line may have quotes: all up to the last end of one is left out.
  return String(said).replace(/unable to parse '(?:.*':|.*$)/s, 'unable to parse a line:');
}
