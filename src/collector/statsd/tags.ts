/**
 * Labels out of DogStatsD's tags: `env:prod,zone:a:1,canary`. A tag without a value is the label `canary="true"`.
 */
import type { EventLabels } from '../api/recorder.js';
import { BoundedCache } from './bounded-cache.js';
import { labelName } from './names.js';

export interface Tags {
  readonly labels: EventLabels;
  /** The same text for the same labels, in whatever order they were sent. */
  readonly key: string;
}

const none: Tags = { labels: {}, key: '' };
const cache = new BoundedCache<Tags>();

/** @param sent the tags without the `#`. Of tags with one name the last counts. */
export function tagsOf(sent: string): Tags {
  return sent === '' ? none : cache.get(sent, parse);
}

function parse(sent: string): Tags {
  const pairs = new Map<string, string>();
  for (const tag of sent.split(',')) {
    const end = tag.indexOf(':');
    const name = end < 0 ? tag : tag.slice(0, end);
    if (name !== '') pairs.set(labelName(name), end < 0 ? 'true' : tag.slice(end + 1));
  }
  const sorted = [...pairs].sort(([a], [b]) => (a < b ? -1 : 1));
  return { labels: Object.fromEntries(sorted), key: JSON.stringify(sorted) };
}
