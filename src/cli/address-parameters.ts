/**
 * What stands behind `?` in an address: options by their names.
 */

/** Reads the value of an option; a text that is none stays one, and the option's own rule refuses it. */
export type ReadValue = (text: string) => unknown;

export const asText: ReadValue = (text) => text;
export const asNumber: ReadValue = (text) => (/^\d+$/.test(text) ? Number(text) : text);
export const asBoolean: ReadValue = (text) => (text === 'true' || text === 'false' ? text === 'true' : text);

/**
 * The parameters of an address, by name.
 *
 * @param known the names that it may have.
 * @param refuse throws an error with what is expected.
 */
export function parametersOf(
  query: string,
  known: readonly string[],
  refuse: (expected: string) => never,
): Record<string, string> {
  const found: Record<string, string> = {};
  for (const [name, value] of new URLSearchParams(query)) {
    if (!known.includes(name) || value === '') refuse(`an address with ${known.join(', ')} only behind "?"`);
    found[name] = value;
  }
  return found;
}

/** The options that parameters give, of those that can be read. */
export function optionsOf(
  readers: Readonly<Record<string, ReadValue>>,
  parameters: Readonly<Record<string, string>>,
): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(readers).flatMap(([name, read]) =>
      parameters[name] === undefined ? [] : [[name, read(parameters[name])]],
    ),
  );
}
