/**
 * Makes elements of the page.
 */
export function element<Name extends keyof HTMLElementTagNameMap>(
  name: Name,
  attributes: Readonly<Record<string, string>> = {},
  children: readonly (Node | string)[] = [],
): HTMLElementTagNameMap[Name] {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  made.append(...children);
  return made;
}

/** An element that index.html has. @throws Error when it has none. */
export function found<T extends Element = HTMLElement>(selector: string): T {
  const first = document.querySelector<T>(selector);
  if (first === null) throw new Error(`the page has no ${selector}`);
  return first;
}
