/**
 * The byte order mark that some programs write before a text in UTF-8. `JSON.parse` does not take it.
 */

/** The same text without a byte order mark at its start. */
export function withoutMark(text: string): string {
  return text.charCodeAt(0) === 0xfeff ? text.slice(1) : text;
}
