/**
 * What an answer says of a failure, without the values that it repeats: errors show no values of rows, since clients of
 * a service may come to read them.
 */

/** The words of an answer that refuses a request: of JSON its type and reason. A proxy answers otherwise. */
export function wordsOf(body: string): string {
  let error: unknown;
  try {
    ({ error } = JSON.parse(body) as { error?: unknown });
  } catch {
    return withoutValues(body);
  }
  const { type, reason } = (error ?? {}) as { type?: unknown; reason?: unknown };
  return withoutValues(type === undefined ? String(error ?? body) : `${type}: ${reason}`);
}

/** `… of type [long] in document with id 'a'. Preview of field's value: 'x'`; ids may be columns. */
export function withoutValues(reason: string): string {
  return reason
    .replace(/ in document with id '.*?'(?=\.|$)/s, '')
    .replace(/\.? ?Preview of field's value: .*$/s, '')
    .replace(/^\[.*\](?=: version conflict)/s, 'a document');
}
