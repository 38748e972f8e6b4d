/**
 * The list of contents of the page of results: its sections, and their groups of results.
 */
import { escaped } from './escaped.js';

export interface Entry {
  /** Of the heading that the entry leads to. */
  readonly id: string;
  readonly title: string;
  readonly groups: readonly Omit<Entry, 'groups'>[];
}

/** An id for the heading of a group: `peers-full-speed-batch-100-1-producer`. */
export function idOf(section: string, group: string): string {
  return `${section}-${group.toLowerCase().replaceAll(/[^a-z0-9]+/g, '-')}`;
}

export function contents(entries: readonly Entry[]): string {
  const link = ({ id, title }: Omit<Entry, 'groups'>) => `<a href="#${id}">${escaped(title)}</a>`;
  const items = entries.map((entry) => {
    const groups = entry.groups.map((group) => `<li>${link(group)}</li>`);
    return `<li>${link(entry)}<ul>${groups.join('')}</ul></li>`;
  });
  return `<nav aria-label="Contents">\n<ul>\n${items.join('\n')}\n</ul>\n</nav>`;
}
